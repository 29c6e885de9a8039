# Tests of sim/, and the conformance of every disk there is to the contract of Disk.
add_executable(drydock_sim_tests
  sim_bench.cc
  sim_power_cut_test.cc)
target_link_libraries(drydock_sim_tests PRIVATE
  drydock::sim drydock::faults drydock::engine rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_sim_tests)
add_test(NAME sim COMMAND drydock_sim_tests --gtest_brief=1)
set_tests_properties(sim PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1" TIMEOUT 300)
