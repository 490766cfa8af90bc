# What goes into the wheel: the package as it was built, and in it the program and the database library, so that all lies in one
# folder wherever it is installed. src/base/io.h says how the program finds its package there.

install(DIRECTORY ${CMAKE_BINARY_DIR}/lib/breadcrumb DESTINATION . COMPONENT wheel)
install(TARGETS breadcrumb breadcrumb-begin RUNTIME DESTINATION breadcrumb/bin COMPONENT wheel)
if(NOT BREADCRUMB_DUCKDB STREQUAL "system")
    install(PROGRAMS ${BREADCRUMB_DUCKDB}/lib/libduckdb.so DESTINATION breadcrumb/lib COMPONENT wheel)
endif()
