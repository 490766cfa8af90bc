# A room is a folder of src/. What a file is follows from its name:
#   main.c      a program, see program()
#   x_test.c    a cmocka program, linked with its room and run by ctest as room/x
#   x_fuzz.c    a libFuzzer target room_x_fuzz, built with BREADCRUMB_FUZZ only
#   other .c    compiled once, position-independent, into the room's archive
#
# The program and the extension link the same archives, and an archive gives only the files that are called: so what
# the guest never calls stays out of it, and tools/check_symbols.sh tells if something slipped in.

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bin ${CMAKE_BINARY_DIR}/tests ${CMAKE_BINARY_DIR}/fuzz)

# room(NAME [USES rooms...] [LIBRARIES targets...]): LIBRARIES are seen by this room only.
function(room name)
    cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS src/${name}/*.c)
    file(GLOB tests CONFIGURE_DEPENDS src/${name}/*_test.c)
    file(GLOB fuzzers CONFIGURE_DEPENDS src/${name}/*_fuzz.c)
    list(FILTER sources EXCLUDE REGEX "(/main|_test|_fuzz)\\.c$")

    if(sources)
        add_library(${name} STATIC ${sources})
        target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
        target_link_libraries(${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_LIBRARIES})
        # The extension is loaded late by a running program; this model needs no call for a thread-local variable.
        target_compile_options(${name} PRIVATE -ftls-model=initial-exec)
    else()
        add_library(${name} INTERFACE)
        target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
        target_link_libraries(${name} INTERFACE ${ROOM_USES})
    endif()

    if(BREADCRUMB_FUZZ)
        foreach(source ${fuzzers})
            get_filename_component(file ${source} NAME_WE)
            add_executable(${name}_${file} ${source})
            target_link_libraries(${name}_${file} PRIVATE ${name})
            target_link_options(${name}_${file} PRIVATE -fsanitize=fuzzer)
            set_target_properties(${name}_${file} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
        endforeach()
        return()
    endif()
    foreach(source ${tests})
        get_filename_component(file ${source} NAME_WE)
        string(REGEX REPLACE "_test$" "" subject ${file})
        add_executable(${name}_${file} ${source})
        target_link_libraries(${name}_${file} PRIVATE ${name} PkgConfig::cmocka)
        set_target_properties(${name}_${file} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        add_test(NAME ${name}/${subject} COMMAND ${name}_${file} WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        set_tests_properties(${name}/${subject} PROPERTIES TIMEOUT ${BREADCRUMB_TEST_SECONDS})
    endforeach()
endfunction()

# program(NAME ROOM room): src/room/main.c and all that it needs become bin/NAME.
function(program name)
    cmake_parse_arguments(PROGRAM "" "ROOM" "" ${ARGN})
    set(source ${CMAKE_SOURCE_DIR}/src/${PROGRAM_ROOM}/main.c)
    if(NOT EXISTS ${source})
        message(WARNING "no ${source} yet: the program is not built")
        return()
    endif()
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${PROGRAM_ROOM})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
