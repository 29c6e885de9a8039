# Tests of engine/devices. Those that need root and a loop device say so, and are skipped loudly without.
add_executable(drydock_devices_tests
  disk_conformance.cc
  disk_conformance_overlap.cc
  disk_conformance_power.cc
  disk_conformance_requests.cc
  loop_device.cc
  devices_arena_test.cc
  devices_clone_test.cc
  devices_contents_test.cc
  devices_conformance_test.cc
  devices_io_loop_test.cc
  devices_request_test.cc
  devices_file_disk_test.cc
  devices_file_disk_conformance_test.cc
  devices_in_use_test.cc
  devices_lasting_id_test.cc
  devices_loop_test.cc
  devices_other_writers_test.cc)
target_link_libraries(drydock_devices_tests PRIVATE drydock::engine drydock::devices ZLIB::ZLIB GTest::gtest_main)
drydock_warnings(drydock_devices_tests)
add_test(NAME devices COMMAND drydock_devices_tests --gtest_brief=1)
set_tests_properties(devices PROPERTIES TIMEOUT 120)
