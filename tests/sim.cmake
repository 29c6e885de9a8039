# Tests of sim/, and the conformance of every disk there is to the contract of Disk.
add_executable(drydock_sim_tests
  sim_bench.cc
  sim_discard_test.cc
  sim_flush_error_test.cc
  sim_lose_power_test.cc
  sim_luck_test.cc
  sim_mishap_test.cc
  sim_power_cut_test.cc
  sim_process_crash_test.cc
  sim_profiles_test.cc
  sim_read_test.cc
  sim_survivors_test.cc
  sim_timing_test.cc)
target_link_libraries(drydock_sim_tests PRIVATE
  drydock::sim drydock::faults drydock::engine rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_sim_tests)
add_test(NAME sim COMMAND drydock_sim_tests --gtest_brief=1)
set_tests_properties(sim PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1" TIMEOUT 300)
