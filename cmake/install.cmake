# What `cmake --install` puts where, so that other projects can say find_package(drydock), or ask pkg-config. Two components,
# of which cpack makes a Debian package each (cmake/package.cmake): `program`, and `development`.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/drydock)
list(TRANSFORM drydock_layers PREPEND drydock_ OUTPUT_VARIABLE targets)
# What an installed drydock says of its layers is what they are linked with here.
foreach(layer IN LISTS drydock_layers)
  get_target_property(linked drydock_${layer} LINK_LIBRARIES)
  foreach(below IN LISTS linked)
    if(below MATCHES "^drydock::(.*)$" AND NOT CMAKE_MATCH_1 IN_LIST drydock_below_${layer})
      message(FATAL_ERROR "cmake/dependencies.cmake: drydock_below_${layer} lacks ${CMAKE_MATCH_1}")
    endif()
  endforeach()
endforeach()

install(TARGETS drydock RUNTIME COMPONENT program)
# drydock serve looks for them there.
install(TARGETS drydock_cached_disks_plugin drydock_clone_plugin LIBRARY DESTINATION lib/drydock COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY scenarios/library DESTINATION ${CMAKE_INSTALL_DATADIR}/drydock COMPONENT program)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
# cli/ has the program write its manual pages.
install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES cli/completion/drydock.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME drydock
  COMPONENT program)
install(FILES cli/completion/_drydock DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES cli/completion/drydock.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)

# Headers include each other as "block/disk.h" here and as "drydock/block/disk.h" once installed: all that is ours stands
# under one name, and a project may have a folder block/ of its own.
set(headers ${PROJECT_BINARY_DIR}/installed-headers)
install(CODE "
  set(source [[${PROJECT_SOURCE_DIR}]])
  set(headers [[${headers}]])
  include([[${PROJECT_SOURCE_DIR}/cmake/prefix_headers.cmake]])"
  COMPONENT development)
install(DIRECTORY ${headers}/drydock DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

install(TARGETS ${targets} EXPORT drydock_targets ARCHIVE COMPONENT development)
install(EXPORT drydock_targets NAMESPACE drydock:: DESTINATION ${config_dir} FILE drydock-targets.cmake COMPONENT development)
configure_package_config_file(cmake/drydock-config.cmake.in ${PROJECT_BINARY_DIR}/drydock-config.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/drydock-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/drydock-config.cmake ${PROJECT_BINARY_DIR}/drydock-config-version.cmake
  cmake/dependencies.cmake DESTINATION ${config_dir} COMPONENT development)
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/drydock.pc.in drydock.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/drydock.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
