/* tasks.c - see tasks.h. */
#include "base/base.h"

#include "hook/tasks.h"

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

/* Borrowed; NULL: none. The dict is walked, not asked: a loop may have a hash and a comparison of the program's own. */
static PyObject *running_task(void)
{
    PyObject *loop, *key, *task, *found = pyc_running_task();
    Py_ssize_t at = 0;

    if (found != NULL || asyncio.current == NULL || PyDict_GET_SIZE(asyncio.current) == 0)
        return found;
    loop = running_loop();
    while (loop != NULL && found == NULL && PyDict_Next(asyncio.current, &at, &key, &task))
        if (key == loop && task != Py_None)
            found = task;
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
    int collects = PyGC_Disable();
    PyObject *ref = PyWeakref_NewRef(object, NULL);

    if (ref == NULL)
        PyErr_Clear();
    if (collects)
        PyGC_Enable();
    return ref;
}

/* A task that is new, whatever was at its address; NULL: nothing can be known of it. An exception that is set gets lost. */
static struct task *add(PyObject *object, uint32_t parent)
{
    bool needs_ref = !is_seen_made(object);
    PyObject *ref = needs_ref ? weak_reference(object) : NULL;
    struct task *task;

    if ((needs_ref && ref == NULL) || !make_room()) {
        Py_XDECREF(ref);
        return NULL;
    }
    task = place_of(table.tasks, table.size, object);
    table.used += task->object == NULL;
    Py_XDECREF(task->ref);
    *task = (struct task){object, ref, ++last_number, parent, false};
    return task;
}

/* What is known of the task, from now on if it is new. The same. */
static struct task *find(PyObject *object)
{
    struct task *task = table.size > 0 ? place_of(table.tasks, table.size, object) : NULL;

    if (task != NULL && task->object != NULL && (task->ref == NULL) == is_seen_made(object) &&
        is_alive(task))
        return task;
    return add(object, 0);
}

/* A task is about to be made by the one that runs now. */
static void expect(PyObject *object)
{
    PyObject *maker = recorder_ready() ? running_task() : NULL;
    struct task *parent = maker != NULL && maker != object ? find(maker) : NULL;

    PyErr_Clear();
    if (recorder_ready())
        add(object, parent != NULL ? parent->number : 0);
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

static void tell(struct rec_thread *t, PyObject *object, struct task *task)
{
    char name[LIMIT_NAME_BYTES];
    struct trail_task record = {.number = task->number, .parent = task->parent, .name = name};

    if (!task->told)
        record.name_len = name_of(object, name, sizeof(name));
    if (rec_task(t, &record))
        task->told = true;
}

void tasks_look(struct rec_thread *t)
{
    struct pyc_error live;
    PyObject *object;
    struct task *task;

    pyc_error_save(&live);
    object = running_task();
    task = object != NULL ? find(object) : NULL;
    if (task == NULL && t->task != 0)
        rec_task(t, &(struct trail_task){.number = 0});
    else if (task != NULL && task->number != t->task)
        tell(t, object, task);
    pyc_error_restore(&live);
}

/* ---- asyncio ------------------------------------------------------------------------------- */

/* Borrowed, or NULL. */
static PyObject *module_global(PyObject *modules, const char *module, const char *name)
{
    PyObject *found = PyDict_GetItemString(modules, module);

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
void tasks_discover(void)
{
    struct pyc_error live;
    PyObject *modules = pyc_modules(); /* borrowed */
    PyObject *type;
    bool c_part;

    if (modules == NULL || !PyDict_CheckExact(modules))
        return;
    pyc_error_save(&live);
    if (PyDict_GetItemString(modules, "asyncio.unix_events") != NULL) {
        c_part = use_c_part(modules);
        asyncio.current = module_global(modules, "asyncio.tasks", "_current_tasks");
        asyncio.local_loop = module_global(modules, "asyncio.events", "_running_loop");
        if (asyncio.current != NULL &&
            (!PyDict_Check(asyncio.current) || (!c_part && asyncio.local_loop == NULL)))
            asyncio.current = NULL;
        tasks_on = asyncio.current != NULL || (c_part && PYC_KEEPS_TASK);
        Py_XINCREF(asyncio.current);
        Py_XINCREF(asyncio.local_loop);
        type = module_global(modules, "asyncio.tasks", "_PyTask");
        if (type != NULL && PyType_Check(type))
            watch(type, init_py_task, &asyncio.py_init);
    }
    pyc_error_restore(&live);
}

void tasks_clear(void)
{
    for (size_t i = 0; i < table.size; i++) {
        table.tasks[i].told = false;
        table.tasks[i].parent = 0;
    }
}
