/*
 * why_compiled.c - which names are known to be written in C: nothing of them is ever seen, so no option would record them. Of
 * packages of others nobody can know it from their names.
 */
#include "base/base.h"

#include "query/why.h"

/* Functions and methods of the interpreter that people ask for by themselves. */
static const char NAMES[] =
    " abs all any ascii bin bool breakpoint bytearray bytes callable chr compile complex"
    " delattr dict dir divmod enumerate eval exec filter float format frozenset getattr"
    " globals hasattr hash hex id input int isinstance issubclass iter len list locals map max"
    " memoryview min next object oct open ord pow print property range repr reversed round set"
    " setattr slice sorted staticmethod str sum super tuple type vars zip append extend ";

/* Types and modules of the interpreter in all versions that we know, and of Python modules what C stands in for. */
static const char HOLDERS[] =
    " _abc _ast _asyncio _bisect _blake2 _bz2 _codecs _collections _contextvars _csv _ctypes"
    " _curses _datetime _decimal _elementtree _functools _hashlib _heapq _io _json _locale"
    " _lsprof _lzma _multiprocessing _opcode _operator _pickle _posixsubprocess _queue _random"
    " _sha1 _sha2 _sha3 _signal _socket _sqlite3 _sre _ssl _stat _statistics _string _struct"
    " _symtable _thread _tkinter _tracemalloc _typing _uuid _warnings _weakref _zoneinfo _zstd"
    " array atexit audioop binascii bisect builtins bytearray bytes cmath"
    " collections.OrderedDict collections.deque complex datetime decimal dict errno"
    " faulthandler fcntl float frozenset functools.partial functools.reduce gc grp int"
    " itertools json.scanner.c_scanner list marshal math memoryview mmap object operator"
    " os.getpid os.listdir os.open os.read os.stat os.write posix pwd pyexpat random.random"
    " re.Match re.Pattern readline resource select set socket.gethostbyname str struct sys"
    " syslog termios threading.Lock time tuple type unicodedata zlib ";

static bool is_word_of(const char *words, const char *word, size_t len)
{
    for (const char *p = words; len > 0 && (p = strchr(p, ' ')) != NULL;)
        if (strncmp(++p, word, len) == 0 && p[len] == ' ')
            return true;
    return false;
}

bool why_named_in_c(const char *name)
{
    return is_word_of(NAMES, name, strlen(name));
}

bool why_held_in_c(const char *name)
{
    for (const char *dot = name; (dot = strchr(dot, '.')) != NULL; dot++)
        if (is_word_of(HOLDERS, name, (size_t)(dot - name)))
            return true;
    return is_word_of(HOLDERS, name, strlen(name));
}
