# How everything is compiled: C17, no warning, nothing visible that was not meant to be, hardened.

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
include(CheckCCompilerFlag)
check_pie_supported(LANGUAGES C)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wwrite-strings
    -fstack-protector-strong
    # No path of the machine that built it in the program.
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
)
# What not every compiler has for every processor. Returns are checked by the processor where it can, the system asks for it and the C
# library's start files have the mark too (Ubuntu's have it, Debian's do not). Jumps are not: Linux has no such check for
# programs, and its marks would cost the recorder an instruction at each entry.
foreach(flag stack-clash-protection cf-protection=return)
    string(MAKE_C_IDENTIFIER "BREADCRUMB_HAS_${flag}" has)
    check_c_compiler_flag(-f${flag} ${has})
    if(${has})
        add_compile_options(-f${flag})
    endif()
endforeach()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)

if(BREADCRUMB_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "fuzzing needs clang: configure with -DCMAKE_C_COMPILER=clang")
    endif()
    set(sanitizers fuzzer-no-link,address,undefined)
else()
    set(sanitizers ${BREADCRUMB_SANITIZE})
endif()

# The longest that a unit test may take. Sanitized, those that open many stores take long.
set(BREADCRUMB_TEST_SECONDS 300)
if(sanitizers)
    set(BREADCRUMB_TEST_SECONDS 1200)
    add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${sanitizers})
else()
    # Fortify works on optimised code only, and hides from a sanitizer what it replaces.
    add_compile_options($<$<CONFIG:RelWithDebInfo,Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:RelWithDebInfo,Release>:-D_FORTIFY_SOURCE=2>)
endif()
