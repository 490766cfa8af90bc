# The extension, once for each Python, and the Python package around it.

if(NOT BREADCRUMB_PYTHONS)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/pythons.sh OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REPLACE "\n" ";" BREADCRUMB_PYTHONS "${found}")
endif()

# concurrent_rooms(ROOMS RET): the same rooms for Pythons without a GIL, where the recorder's threads run at the same time: what knows of
# the statistics page is compiled once more (trail/page.h).
function(concurrent_rooms rooms ret)
    foreach(room trail recorder)
        list(TRANSFORM rooms REPLACE "^${room}$" ${room}_concurrent)
        if(NOT TARGET ${room}_concurrent)
            get_target_property(sources ${room} SOURCES)
            add_library(${room}_concurrent STATIC ${sources})
            target_include_directories(${room}_concurrent PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
            target_compile_definitions(${room}_concurrent PRIVATE TRAIL_CONCURRENT=1)
            target_compile_options(${room}_concurrent PRIVATE -ftls-model=initial-exec)
        endif()
    endforeach()
    set(${ret} ${rooms} PARENT_SCOPE)
endfunction()

# native_modules(ROOM room USES rooms...): for each Python, the room and what it calls of USES become
# lib/breadcrumb/_native.*.so. USES are named as files, not as targets, because a target would bring its libraries.
function(native_modules)
    cmake_parse_arguments(NATIVE "" "ROOM" "USES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS src/${NATIVE_ROOM}/*.c)
    if(sources MATCHES "_(test|fuzz)\\.c")
        message(FATAL_ERROR "src/${NATIVE_ROOM} runs inside Python only: its tests belong in tests/")
    endif()
    if(NOT sources)
        message(WARNING "src/${NATIVE_ROOM} is empty: no extension is built")
        return()
    endif()
    if(NOT BREADCRUMB_PYTHONS)
        message(FATAL_ERROR "no supported Python with Python.h was found: tools/pythons.sh says which are looked for")
    endif()
    foreach(room ${NATIVE_USES})
        get_target_property(type ${room} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
            list(APPEND rooms ${room})
        endif()
    endforeach()
    set(script ${CMAKE_SOURCE_DIR}/cmake/native.map)
    foreach(python ${BREADCRUMB_PYTHONS})
        execute_process(COMMAND ${python} -I -c
            "import sysconfig as s; print(s.get_config_var('EXT_SUFFIX'), s.get_config_var('Py_GIL_DISABLED') or 0, s.get_path('include'), s.get_path('platinclude'), sep=';')"
            OUTPUT_VARIABLE facts OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
        list(POP_FRONT facts suffix concurrent)
        if(concurrent)
            concurrent_rooms("${rooms}" linked)
        else()
            set(linked ${rooms})
        endif()
        list(TRANSFORM linked REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
        set(target native${suffix})
        message(STATUS "extension for ${python}: _native${suffix}")
        add_library(${target} MODULE ${sources})
        target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
        target_include_directories(${target} SYSTEM PRIVATE ${facts})
        # Python.h is written in GNU C.
        set_target_properties(${target} PROPERTIES
            C_EXTENSIONS ON PREFIX "" OUTPUT_NAME _native SUFFIX ${suffix} BUILD_WITH_INSTALL_RPATH OFF SKIP_BUILD_RPATH ON
            LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/breadcrumb LINK_DEPENDS ${script})
        target_compile_options(${target} PRIVATE -ftls-model=initial-exec)
        target_link_libraries(${target} PRIVATE ${archives})
        target_link_options(${target} PRIVATE -Wl,--version-script=${script})
        add_dependencies(${target} ${linked})
    endforeach()
endfunction()

# python_package(FROM TO): copies the package's files, and removes from the copy what the package no longer has.
function(python_package from to)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${from} ${from}/*)
    list(FILTER files EXCLUDE REGEX "__pycache__|\\.pyc$")
    file(GLOB_RECURSE copies RELATIVE ${to} ${to}/*)
    list(FILTER copies EXCLUDE REGEX "\\.so$|__pycache__")
    list(REMOVE_ITEM copies ${files} "")
    foreach(stale ${copies})
        file(REMOVE ${to}/${stale})
    endforeach()
    foreach(file ${files})
        add_custom_command(OUTPUT ${to}/${file} DEPENDS ${from}/${file}
            COMMAND ${CMAKE_COMMAND} -E copy ${from}/${file} ${to}/${file})
        list(APPEND targets ${to}/${file})
    endforeach()
    # Compiled ahead, and never compared with the source: otherwise each start of a traced program in a read-only place, or with
    # PYTHONDONTWRITEBYTECODE, would compile the boot module again (5 ms, and hundreds of objects).
    foreach(python ${BREADCRUMB_PYTHONS})
        string(MD5 name ${python})
        add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/compiled/${name} DEPENDS ${targets}
            COMMAND ${python} -I -m compileall -q --invalidation-mode unchecked-hash ${to}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/compiled
            COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/compiled/${name})
        list(APPEND compiled ${CMAKE_BINARY_DIR}/compiled/${name})
    endforeach()
    list(APPEND targets ${compiled})
    add_custom_target(python_package ALL DEPENDS ${targets})
endfunction()
