# Tests of block/. What a device may hold is held against the naive walk of a log (crash_states.h).
add_executable(drydock_block_tests
  block_buffer_test.cc
  block_chance_test.cc
  block_check_test.cc
  block_content_test.cc
  block_contents_count_test.cc
  block_contents_log.cc
  block_contents_walk_test.cc
  block_current_walk_test.cc
  block_doorbell_test.cc
  block_join_test.cc
  block_names_test.cc
  block_range_map_test.cc
  block_read_file_test.cc
  block_region_set_test.cc
  block_rules_test.cc
  block_runs_test.cc
  block_size_words_test.cc
  block_survivors_test.cc
  block_task_test.cc
  block_unit_states_test.cc
  block_units_test.cc
  block_wait_list_test.cc
  block_write_log_test.cc
  crash_states.cc)
target_link_libraries(drydock_block_tests PRIVATE
  drydock::block rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_block_tests)
add_test(NAME block COMMAND drydock_block_tests --gtest_brief=1)
# A property's seed is fixed, so that a failure repeats; RC_PARAMS=seed=... explores others.
set_tests_properties(block PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1" TIMEOUT 300)
