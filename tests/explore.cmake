# Tests of model/explore and model/protocol: the explorer, the protocol that it explores, and what the engine
# makes of both.
add_executable(drydock_explore_tests
  explore_explorer_test.cc
  explore_memory_test.cc)
target_link_libraries(drydock_explore_tests PRIVATE
  drydock::scenarios rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_explore_tests)
add_test(NAME explore COMMAND drydock_explore_tests --gtest_brief=1)
set_tests_properties(explore PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1")
