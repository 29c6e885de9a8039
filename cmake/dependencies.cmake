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

# Random123 is headers only.
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

# nbdkit's plugins need its headers only.
find_path(NBDKIT_INCLUDE_DIR nbdkit-plugin.h REQUIRED)
