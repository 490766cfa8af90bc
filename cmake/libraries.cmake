# The libraries of others, host side only: the extension links none.

find_package(PkgConfig REQUIRED)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(smartcols REQUIRED IMPORTED_TARGET smartcols)
pkg_check_modules(libevent REQUIRED IMPORTED_TARGET libevent_core libevent_extra)
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)

if(NOT BREADCRUMB_DUCKDB)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/get_duckdb.sh --present
        OUTPUT_VARIABLE BREADCRUMB_DUCKDB OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT BREADCRUMB_DUCKDB)
        message(FATAL_ERROR "libduckdb is not there: run 'make setup', then try again")
    endif()
endif()

# Not linked: src/store/duck_load.c loads it when a database is opened.
add_library(duckdb INTERFACE)
if(BREADCRUMB_DUCKDB STREQUAL "system")
    find_path(DUCKDB_INCLUDE duckdb.h REQUIRED)
    find_library(DUCKDB_LIBRARY duckdb REQUIRED)
else()
    set(DUCKDB_INCLUDE ${BREADCRUMB_DUCKDB}/include)
    set(DUCKDB_LIBRARY ${CMAKE_BINARY_DIR}/lib/libduckdb.so)
    # Beside the program, so that build/ can be moved, and outlives the cache.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
    file(CREATE_LINK ${BREADCRUMB_DUCKDB}/lib/libduckdb.so ${DUCKDB_LIBRARY} COPY_ON_ERROR)
endif()
get_filename_component(DUCKDB_FILE ${DUCKDB_LIBRARY} NAME)
target_include_directories(duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE})
target_compile_definitions(duckdb INTERFACE DUCKDB_FILE="${DUCKDB_FILE}")
target_link_libraries(duckdb INTERFACE ${CMAKE_DL_LIBS})

set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")
