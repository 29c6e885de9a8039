# Tests of sim/.
add_executable(drydock_sim_tests
  sim_bad_request_test.cc
  sim_bench.cc
  sim_client_test.cc
  sim_discard_test.cc
  sim_executor_test.cc
  sim_flush_error_test.cc
  crash_states.cc
  sim_lose_power_test.cc
  sim_luck_test.cc
  sim_mishap_test.cc
  sim_power_cut_test.cc
  sim_process_crash_test.cc
  sim_profiles_test.cc
  sim_read_test.cc
  sim_sparse_test.cc
  sim_survivors_test.cc
  sim_timing_test.cc)
target_link_libraries(drydock_sim_tests PRIVATE
  drydock::sim drydock::faults GTest::gtest_main)
drydock_warnings(drydock_sim_tests)
add_test(NAME sim COMMAND drydock_sim_tests --gtest_brief=1)
set_tests_properties(sim PROPERTIES TIMEOUT 300)

# One body of tests for all disks.
add_executable(drydock_disk_tests
  clone_fixture.cc
  disk_conformance.cc
  disk_conformance_clone_test.cc
  disk_conformance_memory_test.cc
  disk_conformance_overlap.cc
  disk_conformance_power.cc
  disk_conformance_requests.cc
  disk_conformance_sim_test.cc)
target_link_libraries(drydock_disk_tests PRIVATE drydock::engine drydock::sim GTest::gtest_main)
drydock_warnings(drydock_disk_tests)
add_test(NAME disks COMMAND drydock_disk_tests --gtest_brief=1)
set_tests_properties(disks PROPERTIES TIMEOUT 300)
