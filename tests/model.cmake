# Tests of model/ and faults/.
add_executable(drydock_model_tests
  brute_force.cc
  small_log.cc
  model_conduct_test.cc
  model_options_kept_test.cc
  model_exact_test.cc)
target_link_libraries(drydock_model_tests PRIVATE
  drydock::scenarios rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_model_tests)
add_test(NAME model COMMAND drydock_model_tests --gtest_brief=1)
set_tests_properties(model PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1")
