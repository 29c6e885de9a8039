# Tests of model/explore and model/protocol: the explorer, the protocol that it explores, and what the engine
# makes of both.
add_executable(drydock_explore_tests
  protocol_bugs.cc
  explore_explorer_test.cc
  explore_memory_test.cc
  explore_protocol_test.cc
  explore_reduction_test.cc
  explore_symmetry_test.cc
  scenario_counterexample_test.cc
  explore_follow_test.cc
  explore_tampered_log_test.cc)
target_link_libraries(drydock_explore_tests PRIVATE
  drydock::scenarios rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_explore_tests)
add_test(NAME explore COMMAND drydock_explore_tests --gtest_brief=1)
set_tests_properties(explore PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1")
# What of them has threads, for TSan.
add_test(NAME explore_threads COMMAND drydock_explore_tests --gtest_brief=1 --gtest_filter=Explorer*)
set_tests_properties(explore_threads PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1")
# The size that is quoted: some twenty seconds, and minutes under a sanitizer.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_test(NAME explore_headline COMMAND drydock explore --regions=3 --operations=3 --crashes=2)
  set_tests_properties(explore_headline PROPERTIES PASS_REGULAR_EXPRESSION "every run ends with nothing outstanding")
endif()
