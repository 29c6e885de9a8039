# `cmake --build build/release --target package` makes Debian packages: drydock (program, plugins, manual pages, completion,
# documents) and drydock-dev (headers, libraries, what CMake and pkg-config ask for). tests/package looks at them.
set(DRYDOCK_MAINTAINER "drydock maintainers <maintainers@users.noreply.github.com>" CACHE STRING "Who the packages name")

# Debian wants a history that is packed, and says when; that of the last commit is the same for everybody who builds it.
set(changed "Thu, 01 Jan 1970 00:00:00 +0000")
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} log -1 --format=%aD OUTPUT_VARIABLE committed
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_git)
if(no_git EQUAL 0)
  string(REGEX REPLACE ", ([0-9]) " ", 0\\1 " changed "${committed}")
endif()
configure_file(packaging/changelog.in changelog @ONLY)
execute_process(COMMAND gzip -9nc ${PROJECT_BINARY_DIR}/changelog OUTPUT_FILE ${PROJECT_BINARY_DIR}/changelog.gz)
foreach(package drydock drydock-dev)
  set(component program)
  if(package STREQUAL drydock-dev)
    set(component development)
  endif()
  install(FILES packaging/copyright ${PROJECT_BINARY_DIR}/changelog.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()
install(FILES packaging/drydock.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME drydock
  COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME drydock)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${DRYDOCK_MAINTAINER}")
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/strip_archives.cmake)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME drydock)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "nbdkit")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "libnbd-bin, bash-completion")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "finds crashes that lose data on cloned block devices
drydock runs a clone engine on simulated disks, checks every state that a
power cut can leave at every event, and makes what it finds into a small
scenario that anybody can replay. It also checks, dumps and repairs
dm-clone metadata, and clones real devices while they are used.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME drydock-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libabsl-dev, libblkid-dev, libfmt-dev, libgraphviz-dev, libisal-dev, librapidcheck-dev, libroaring-dev, liburing-dev, nlohmann-json3-dev, zlib1g-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "simulated disks and the judge of every crash state, as a library
The contracts Disk and Clock, disks that lose power on purpose, a clone
engine, and the judge that checks every state that a power cut can leave:
for holding one's own code to it.")
include(CPack)
