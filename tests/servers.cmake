# Tests of servers/: disks with a volatile cache, their write log, its check; and nbdkit with real clients. Those that
# need root say so, and are skipped loudly without.
add_executable(drydock_servers_tests
  disk_conformance.cc
  disk_conformance_overlap.cc
  disk_conformance_power.cc
  disk_conformance_requests.cc
  servers_check_test.cc
  servers_clone_test.cc
  servers_conformance_test.cc
  servers_disk_test.cc
  servers_log_test.cc
  servers_trace_test.cc)
target_link_libraries(drydock_servers_tests PRIVATE drydock::any_trace drydock::log_check drydock::engine drydock::sim ZLIB::ZLIB GTest::gtest_main)
drydock_warnings(drydock_servers_tests)
add_test(NAME servers COMMAND drydock_servers_tests --gtest_brief=1)
set_tests_properties(servers PROPERTIES TIMEOUT 120)

# nbdkit is no program of ours: a plugin with a sanitizer's runtime does not load into it.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  find_library(LIBNBD_LIBRARY nbd REQUIRED)
  add_executable(drydock_nbdkit_tests
    nbdkit_server.cc
    servers_loose_requests_test.cc
    servers_nbdkit_test.cc
    servers_mount_test.cc)
  target_link_libraries(drydock_nbdkit_tests PRIVATE
    drydock::log_check ${LIBNBD_LIBRARY} nlohmann_json::nlohmann_json ZLIB::ZLIB GTest::gtest_main)
  target_compile_definitions(drydock_nbdkit_tests PRIVATE
    DRYDOCK_CACHED_DISKS_PLUGIN="$<TARGET_FILE:drydock_cached_disks_plugin>"
    DRYDOCK_CLONE_PLUGIN="$<TARGET_FILE:drydock_clone_plugin>"
    DRYDOCK_PROGRAM="$<TARGET_FILE:drydock>")
  add_dependencies(drydock_nbdkit_tests drydock drydock_cached_disks_plugin drydock_clone_plugin)
  drydock_warnings(drydock_nbdkit_tests)
  add_test(NAME nbdkit COMMAND drydock_nbdkit_tests --gtest_brief=1)
  set_tests_properties(nbdkit PROPERTIES TIMEOUT 120)
endif()
