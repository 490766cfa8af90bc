/* tasks.c - see tasks.h. */
#include "base/base.h"

#include "hook/tasks.h"

#include "base/spin.h"
#include "hook/own.h"
#include "hook/value_private.h"
#include "recorder/recorder.h"

#define FIRST_SIZE 64

struct task {
    PyObject *object; /* identity only; NULL: empty */
    PyObject *
        ref; /* Owned: weak reference, which knows whether it is still that object; NULL: needs none */
    uint32_t number, parent;
    bool told; /* its name is in the trail */
};

/* Open addressing with linear probing. Nothing is taken out: dead tasks go when the table would have to grow, but for those without
 * a weak reference, whose places are those of the next at their addresses. */
static struct {
    struct task *tasks; /* Owned */
    size_t size;        /* a power of two, or 0 */
    size_t used;
    uint32_t lock; /* where threads run at the same time */
} table;

static struct {
    PyObject *
        current; /* Owned: asyncio's dict of running tasks by loop; from 3.14 on of those written in Python */
    PyObject *
        running_loop; /* Owned: C function that has this thread's loop; NULL: asyncio without its C part */
    PyObject *local_loop; /* Owned: then the thread-local object that has it */
    PyTypeObject *type;   /* Owned: the task written in C; NULL: there is none */
    PyObject *get_name;   /* Owned: its method */
    initproc c_init, py_init;
} asyncio;

bool tasks_on;
static uint32_t last_number;

/* ---- the running task ---------------------------------------------------------------------- */

/* This thread's running loop. New reference or NULL. */
static PyObject *running_loop(void)
{
    PyObject *pair, *loop = NULL;

    if (asyncio.running_loop != NULL)
        return PyObject_CallNoArgs(asyncio.running_loop);
    pair = PyObject_GetAttrString(asyncio.local_loop, "loop_pid");
    if (pair != NULL && PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) > 0) {
        loop = PyTuple_GET_ITEM(pair, 0);
        Py_INCREF(loop);
    }
    Py_XDECREF(pair);
    return loop;
}

/* The task of this loop. Borrowed. The dict is walked, not asked: a loop may have a hash and a comparison of the program's own. */
static PyObject *task_of(PyObject *loop)
{
    PyObject *key, *task, *found = NULL;
    Py_ssize_t at = 0;

    if (loop == NULL || !own_lock(asyncio.current))
        return NULL;
    while (found == NULL && PyDict_Next(asyncio.current, &at, &key, &task))
        if (key == loop && task != Py_None)
            found = own_hold(task);
    own_unlock(asyncio.current);
    return found;
}

/* Borrowed; NULL: none. */
static PyObject *running_task(void)
{
    PyObject *loop, *found = pyc_running_task();

    if (found != NULL || asyncio.current == NULL || PyDict_GET_SIZE(asyncio.current) == 0)
        return found;
    loop = running_loop();
    found = task_of(loop);
    Py_XDECREF(loop);
    return found;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static bool is_alive(const struct task *task)
{
    return task->ref == NULL || ((PyWeakReference *)task->ref)->wr_object == task->object;
}

/* Is it known of each task of its type when it is made? Then what is at its address was made last of all that were there, and no
 * weak reference has to tell, which would cost more than all else here, and be seen by the program. */
static bool is_seen_made(PyObject *object)
{
    return asyncio.c_init != NULL && Py_TYPE(object) == asyncio.type;
}

static struct task *place_of(struct task *tasks, size_t size, PyObject *object)
{
    size_t i = (size_t)((uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);

    while (tasks[i].object != NULL && tasks[i].object != object)
        i = (i + 1) & (size - 1);
    return &tasks[i];
}

/* Room for one more: without those that are dead, in a table of twice what lives. */
static bool make_room(void)
{
    size_t alive = 0, size = FIRST_SIZE;
    struct task *tasks;

    if (table.used * 4 < table.size * 3)
        return true;
    for (size_t i = 0; i < table.size; i++)
        alive += table.tasks[i].object != NULL && is_alive(&table.tasks[i]);
    while (size < 2 * (alive + 1))
        size *= 2;
    tasks = calloc(size, sizeof(*tasks));
    if (tasks == NULL)
        return false;
    for (size_t i = 0; i < table.size; i++) {
        struct task *old = &table.tasks[i];

        if (old->object != NULL && is_alive(old))
            *place_of(tasks, size, old->object) = *old;
        else
            Py_XDECREF(old->ref);
    }
    free(table.tasks);
    table.tasks = tasks;
    table.size = size;
    table.used = alive;
    return true;
}

/* A weak reference is no work for the garbage collector now: it would run the program's code. */
static PyObject *weak_reference(PyObject *object)
{
    /* Without a GIL it would be work for all threads, and comes at a later moment anyway. */
    int collects = PYC_CONCURRENT ? 0 : PyGC_Disable();
    PyObject *ref = PyWeakref_NewRef(object, NULL);

    if (ref == NULL)
        PyErr_Clear();
    if (collects)
        PyGC_Enable();
    return ref;
}

/* A task that is new, whatever was at its address, in *ret; false: nothing can be known of it. An exception that is set gets lost. */
static bool add(PyObject *object, uint32_t parent, struct task *ret)
{
    bool needs_ref = !is_seen_made(object), room;
    PyObject *ref = needs_ref ? weak_reference(object) : NULL, *unused = ref;
    struct task *task;

    if (needs_ref && ref == NULL)
        return false;
    spin_enter(PYC_CONCURRENT, &table.lock);
    room = make_room();
    if (room) {
        task = place_of(table.tasks, table.size, object);
        table.used += task->object == NULL;
        unused = task->ref;
        *task = *ret = (struct task){object, ref, ++last_number, parent, false};
    }
    spin_leave(PYC_CONCURRENT, &table.lock);
    Py_XDECREF(unused);
    return room;
}

/* The one that is known, under the lock; NULL: none. */
static struct task *known(PyObject *object)
{
    struct task *task = table.size > 0 ? place_of(table.tasks, table.size, object) : NULL;

    return task != NULL && task->object != NULL && (task->ref == NULL) == is_seen_made(object) &&
                   is_alive(task)
               ? task
               : NULL;
}

/* What is known of the task, from now on if it is new. The same. */
static bool find(PyObject *object, struct task *ret)
{
    const struct task *task;

    spin_enter(PYC_CONCURRENT, &table.lock);
    task = known(object);
    if (task != NULL)
        *ret = *task;
    spin_leave(PYC_CONCURRENT, &table.lock);
    return task != NULL || add(object, 0, ret);
}

static void note_told(PyObject *object)
{
    struct task *task;

    spin_enter(PYC_CONCURRENT, &table.lock);
    task = known(object);
    if (task != NULL)
        task->told = true;
    spin_leave(PYC_CONCURRENT, &table.lock);
}

/* A task is about to be made by the one that runs now. */
static void expect(PyObject *object)
{
    struct task parent = {0}, task;
    PyObject *maker;

    if (!recorder_ready() || !own_begin())
        return;
    maker = running_task();
    if (maker != NULL && maker != object && !find(maker, &parent))
        parent.number = 0;
    PyErr_Clear();
    add(object, parent.number, &task);
    own_end();
}

static int init_c_task(PyObject *self, PyObject *args, PyObject *kwargs)
{
    expect(self);
    return asyncio.c_init(self, args, kwargs);
}

static int init_py_task(PyObject *self, PyObject *args, PyObject *kwargs)
{
    expect(self);
    return asyncio.py_init(self, args, kwargs);
}

/* ---- telling ------------------------------------------------------------------------------- */

/* UTF-8; returns its length. The method that is asked is asyncio's own, whatever the task's class makes of it. */
static size_t name_of(PyObject *object, char *name, size_t size)
{
    PyObject *found = NULL; /* Owned */
    size_t len = 0;

    if (asyncio.type != NULL && PyObject_TypeCheck(object, asyncio.type)) {
        found = PyObject_CallOneArg(asyncio.get_name, object);
        PyErr_Clear();
    } else {
        found = value_attribute(object, "_name");
        Py_XINCREF(found);
    }
    if (found != NULL && PyUnicode_Check(found))
        len = value_given_name(found, name, size);
    Py_XDECREF(found);
    return len;
}

static void tell(struct rec_thread *t, PyObject *object, const struct task *task)
{
    char name[LIMIT_NAME_BYTES];
    struct trail_task record = {.number = task->number, .parent = task->parent, .name = name};

    if (!task->told)
        record.name_len = name_of(object, name, sizeof(name));
    if (rec_task(t, &record) && !task->told)
        note_told(object);
}

void tasks_look(struct rec_thread *t)
{
    struct pyc_error live;
    PyObject *object;
    struct task task;
    bool found;

    pyc_error_save(&live);
    object = running_task();
    found = object != NULL && find(object, &task);
    if (!found && t->task != 0)
        rec_task(t, &(struct trail_task){.number = 0});
    else if (found && task.number != t->task)
        tell(t, object, &task);
    pyc_error_restore(&live);
}

/* ---- asyncio ------------------------------------------------------------------------------- */

/* Borrowed, or NULL. */
static PyObject *module_global(PyObject *modules, const char *module, const char *name)
{
    PyObject *found = own_item(modules, module);

    return found != NULL && PyModule_Check(found) ? value_dict_get(PyModule_GetDict(found), name)
                                                  : NULL;
}

/* Who makes a task is known only while it is made. Subclasses take the slot over, or call its wrapper. */
static void watch(PyObject *type, initproc ours, initproc *ret_theirs)
{
    PyTypeObject *task = (PyTypeObject *)type;
    PyObject *wrapper;

    if (task->tp_init == NULL || task->tp_init == ours)
        return;
    *ret_theirs = task->tp_init;
    wrapper = value_dict_get(pyc_type_dict(task), "__init__");
    if (wrapper != NULL && Py_TYPE(wrapper) == &PyWrapperDescr_Type &&
        ((PyWrapperDescrObject *)wrapper)->d_wrapped == (void *)task->tp_init)
        ((PyWrapperDescrObject *)wrapper)->d_wrapped = (void *)ours;
    task->tp_init = ours;
}

static bool use_c_part(PyObject *modules)
{
    PyObject *type = module_global(modules, "_asyncio", "Task");

    asyncio.running_loop = module_global(modules, "_asyncio", "_get_running_loop");
    if (type == NULL || !PyType_Check(type) || asyncio.running_loop == NULL ||
        !PyCFunction_Check(asyncio.running_loop))
        return false;
    asyncio.get_name = value_dict_get(pyc_type_dict((PyTypeObject *)type), "get_name");
    if (asyncio.get_name == NULL || Py_TYPE(asyncio.get_name) != &PyMethodDescr_Type)
        return false;
    asyncio.type = (PyTypeObject *)type;
    Py_INCREF(type);
    Py_INCREF(asyncio.get_name);
    Py_INCREF(asyncio.running_loop);
    watch(type, init_c_task, &asyncio.c_init);
    return true;
}

/* The last module that `import asyncio` reads: the others are complete by then. */
static void discover(PyObject *modules)
{
    PyObject *type;
    bool c_part;

    if (own_item(modules, "asyncio.unix_events") == NULL)
        return;
    c_part = use_c_part(modules);
    asyncio.current = module_global(modules, "asyncio.tasks", "_current_tasks");
    asyncio.local_loop = module_global(modules, "asyncio.events", "_running_loop");
    if (asyncio.current != NULL &&
        (!PyDict_Check(asyncio.current) || (!c_part && asyncio.local_loop == NULL)))
        asyncio.current = NULL;
    Py_XINCREF(asyncio.current);
    Py_XINCREF(asyncio.local_loop);
    type = module_global(modules, "asyncio.tasks", "_PyTask");
    if (type != NULL && PyType_Check(type))
        watch(type, init_py_task, &asyncio.py_init);
    __atomic_store_n(&tasks_on, asyncio.current != NULL || (c_part && PYC_KEEPS_TASK),
                     __ATOMIC_RELEASE);
}

void tasks_discover(void)
{
    static bool busy; /* in another thread, which sees to it */
    struct pyc_error live;
    PyObject *modules = pyc_modules(); /* borrowed */

    if (modules == NULL || !PyDict_CheckExact(modules) ||
        __atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return;
    pyc_error_save(&live);
    if (!tasks_on)
        discover(modules);
    pyc_error_restore(&live);
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

void tasks_clear(void)
{
    table.lock = 0;
    for (size_t i = 0; i < table.size; i++) {
        table.tasks[i].told = false;
        table.tasks[i].parent = 0;
    }
}
