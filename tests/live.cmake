# End to end: a served clone, real file systems and clients. What needs root says so, and is skipped without. nbdkit does
# not load plugins with a sanitizer's runtime.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_executable(drydock_e2e_tests
    e2e_clients_test.cc
    e2e_faults_test.cc
    e2e_file_systems_test.cc
    e2e_serve_test.cc
    e2e_torture_test.cc
    loop_device.cc
    nbdkit_server.cc
    real_disks.cc)
  target_link_libraries(drydock_e2e_tests PRIVATE fmt::fmt drydock::block ZLIB::ZLIB GTest::gtest_main)
  target_compile_definitions(drydock_e2e_tests PRIVATE
    DRYDOCK_CACHED_DISKS_PLUGIN="$<TARGET_FILE:drydock_cached_disks_plugin>"
    DRYDOCK_PROGRAM="$<TARGET_FILE:drydock>")
  add_dependencies(drydock_e2e_tests drydock drydock_cached_disks_plugin drydock_clone_plugin)
  drydock_warnings(drydock_e2e_tests)
  add_test(NAME e2e COMMAND drydock_e2e_tests)
  set_tests_properties(e2e PROPERTIES TIMEOUT 900)
endif()

# Tests of live/: what stands around a clone on real devices. The whole of it is tested through the program (cli.cmake).
add_executable(drydock_live_tests live_control_test.cc live_progress_test.cc live_setup_words_test.cc)
target_link_libraries(drydock_live_tests PRIVATE
  drydock::live nlohmann_json::nlohmann_json ZLIB::ZLIB GTest::gtest_main)
drydock_warnings(drydock_live_tests)
add_test(NAME live COMMAND drydock_live_tests --gtest_brief=1)
set_tests_properties(live PROPERTIES TIMEOUT 60)
