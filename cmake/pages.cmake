# Pages of docs/ that the program carries along, as arrays of bytes in generated/pages_text.h.

# pages(NAMES...): docs/NAME.md becomes `static const unsigned char page_NAME[]`.
function(pages)
    set(text "/* Made from docs/ when it was configured. */\n")
    foreach(name ${ARGN})
        set(source ${CMAKE_SOURCE_DIR}/docs/${name}.md)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        file(READ ${source} bytes HEX)
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
        string(APPEND text "static const unsigned char page_${name}[] = {${bytes}};\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/pages_text.h CONTENT "${text}" @ONLY)
endfunction()
