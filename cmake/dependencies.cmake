# Everything that is not ours, from Debian packages (packages.txt), by the layer that needs it. An installed drydock
# includes this file too, so that a project needs only the packages of the components that it asks for.

# The layers below each: drydock_layer says the same by DEPENDS.
set(drydock_below_metadata block)
set(drydock_below_devices block metadata)
set(drydock_below_engine block metadata)
set(drydock_below_sim block)
set(drydock_below_faults block)
set(drydock_below_model block)
set(drydock_below_scenarios block metadata engine sim faults model)
set(drydock_below_reports ${drydock_below_scenarios} scenarios)
set(drydock_layers block metadata devices engine sim faults model scenarios reports)

macro(drydock_find_isal)  # ISA-L ships no CMake package
  find_path(ISAL_INCLUDE_DIR isa-l/crc.h REQUIRED)
  find_library(ISAL_LIBRARY isal REQUIRED)
  if(NOT TARGET isal)
    add_library(isal INTERFACE IMPORTED)
  endif()
  target_include_directories(isal SYSTEM INTERFACE ${ISAL_INCLUDE_DIR})
  target_link_libraries(isal INTERFACE ${ISAL_LIBRARY})
endmacro()

macro(drydock_find_liburing)  # nor does liburing
  find_path(URING_INCLUDE_DIR liburing.h REQUIRED)
  find_library(URING_LIBRARY uring REQUIRED)
  if(NOT TARGET liburing)
    add_library(liburing INTERFACE IMPORTED)
  endif()
  target_include_directories(liburing SYSTEM INTERFACE ${URING_INCLUDE_DIR})
  target_link_libraries(liburing INTERFACE ${URING_LIBRARY})
endmacro()

macro(drydock_find_blkid)  # libblkid: what is on a device
  find_path(BLKID_INCLUDE_DIR blkid.h PATH_SUFFIXES blkid REQUIRED)
  find_library(BLKID_LIBRARY blkid REQUIRED)
  if(NOT TARGET blkid)
    add_library(blkid INTERFACE IMPORTED)
  endif()
  target_include_directories(blkid SYSTEM INTERFACE ${BLKID_INCLUDE_DIR})
  target_link_libraries(blkid INTERFACE ${BLKID_LIBRARY})
endmacro()

# Graphviz says where it is by pkg-config. Its two plugins that lay out and write SVG are linked, so that those pictures
# need nothing that is found at run time, no font either; PNG and PDF load another one then.
macro(drydock_find_graphviz)
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
endmacro()

# What this one layer needs, those below it left out.
macro(drydock_find_for layer)
  if("${layer}" STREQUAL block)
    find_package(fmt REQUIRED)
    find_package(roaring REQUIRED)
  elseif("${layer}" STREQUAL metadata)
    drydock_find_isal()
  elseif("${layer}" STREQUAL devices)
    find_package(Threads REQUIRED)
    drydock_find_liburing()
    drydock_find_blkid()
  elseif("${layer}" STREQUAL sim)
    find_package(absl REQUIRED)
  elseif("${layer}" STREQUAL scenarios)
    find_package(nlohmann_json REQUIRED)
    find_package(rapidcheck REQUIRED)
    find_package(ZLIB REQUIRED)
    find_package(Threads REQUIRED)
  elseif("${layer}" STREQUAL reports)
    drydock_find_graphviz()
  endif()
endmacro()
