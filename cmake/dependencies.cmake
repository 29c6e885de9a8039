# Everything that is not ours, from Debian packages (packages.txt).
find_package(fmt REQUIRED)
find_package(absl REQUIRED)
find_package(roaring REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

# ISA-L ships no CMake package.
find_path(ISAL_INCLUDE_DIR isa-l/crc.h REQUIRED)
find_library(ISAL_LIBRARY isal REQUIRED)
if(NOT TARGET isal)
  add_library(isal INTERFACE IMPORTED)
endif()
target_include_directories(isal SYSTEM INTERFACE ${ISAL_INCLUDE_DIR})
target_link_libraries(isal INTERFACE ${ISAL_LIBRARY})

# liburing too.
find_path(URING_INCLUDE_DIR liburing.h REQUIRED)
find_library(URING_LIBRARY uring REQUIRED)
if(NOT TARGET liburing)
  add_library(liburing INTERFACE IMPORTED)
endif()
target_include_directories(liburing SYSTEM INTERFACE ${URING_INCLUDE_DIR})
target_link_libraries(liburing INTERFACE ${URING_LIBRARY})

# Graphviz says where it is by pkg-config. Its two plugins that lay out and write SVG are linked, so that those pictures
# need nothing that is found at run time, no font either; PNG and PDF load another one then.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GVC REQUIRED IMPORTED_TARGET libgvc)
foreach(plugin core dot_layout)
  find_library(GVPLUGIN_${plugin}_LIBRARY gvplugin_${plugin} HINTS ${GVC_LIBDIR}/graphviz REQUIRED)
endforeach()
if(NOT TARGET graphviz)
  add_library(graphviz INTERFACE IMPORTED)
  target_link_libraries(graphviz INTERFACE
    ${GVPLUGIN_core_LIBRARY} ${GVPLUGIN_dot_layout_LIBRARY} PkgConfig::GVC)
endif()

# Random123 is headers only.
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

# nbdkit's plugins need its headers only.
find_path(NBDKIT_INCLUDE_DIR nbdkit-plugin.h REQUIRED)
