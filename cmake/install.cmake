# What `cmake --install` puts where, so that other projects can say find_package(drydock).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/drydock)
set(layers block devices metadata engine sim faults model scenarios reports)
list(TRANSFORM layers PREPEND drydock_ OUTPUT_VARIABLE targets)

install(TARGETS drydock ${targets} EXPORT drydock_targets)
install(EXPORT drydock_targets NAMESPACE drydock:: DESTINATION ${config_dir} FILE drydock-targets.cmake)
# drydock serve looks for them there.
install(TARGETS drydock_cached_disks_plugin drydock_clone_plugin LIBRARY DESTINATION lib/drydock)
# Under a folder of their own: they include each other as "block/disk.h".
install(DIRECTORY block engine sim faults model scenarios reports
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/drydock FILES_MATCHING PATTERN "*.h")
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY scenarios/library DESTINATION ${CMAKE_INSTALL_DATADIR}/drydock)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(cmake/drydock-config.cmake.in ${PROJECT_BINARY_DIR}/drydock-config.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/drydock-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/drydock-config.cmake ${PROJECT_BINARY_DIR}/drydock-config-version.cmake
  cmake/dependencies.cmake DESTINATION ${config_dir})
