# Tests of whole runs: the bank of known bugs, the library, determinism; and of the source tree itself.
add_executable(drydock_run_tests
  determinism_test.cc
  dm_clone_rows_test.cc
  known_bugs_test.cc
  layering_test.cc)
target_link_libraries(drydock_run_tests PRIVATE drydock::scenarios GTest::gtest_main)
target_compile_definitions(drydock_run_tests PRIVATE
  DRYDOCK_LIBRARY="${PROJECT_SOURCE_DIR}/scenarios/library"
  DRYDOCK_SOURCE="${PROJECT_SOURCE_DIR}")
drydock_warnings(drydock_run_tests)
foreach(shard RANGE 3)
  add_test(NAME runs_${shard} COMMAND drydock_run_tests --gtest_brief=1)
  set_tests_properties(runs_${shard} PROPERTIES ENVIRONMENT "GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${shard}")
endforeach()
