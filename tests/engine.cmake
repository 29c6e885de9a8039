# Tests of the engine: a clone on simulated disks, in virtual time.
add_executable(drydock_engine_tests
  clone_fixture.cc
  engine_mapping_test.cc
  engine_hydration_test.cc
  engine_hydration_manners_test.cc
  engine_hydration_failure_test.cc
  engine_commit_test.cc
  engine_fua_test.cc
  engine_discard_test.cc
  engine_discard_mode_test.cc
  engine_sparse_test.cc
  engine_source_discard_test.cc
  engine_source_discard_at_copy_test.cc
  engine_mode_test.cc
  engine_failed_flush_test.cc
  engine_suspend_test.cc
  engine_open_test.cc
  engine_table_test.cc
  engine_status_test.cc
  engine_dm_clone_test.cc
  engine_disk_test.cc
  engine_restart_test.cc
  engine_property_test.cc
  engine_rule_situations.cc
  engine_rule_cases.cc
  engine_rules_test.cc)
target_link_libraries(drydock_engine_tests PRIVATE
  drydock::engine drydock::sim rapidcheck rapidcheck_gtest GTest::gtest_main)
drydock_warnings(drydock_engine_tests)
# A property's seed is fixed, so that a failure repeats; RC_PARAMS=seed=... explores others.
foreach(shard RANGE 3)
  add_test(NAME engine_${shard} COMMAND drydock_engine_tests --gtest_brief=1)
  set_tests_properties(engine_${shard} PROPERTIES
    ENVIRONMENT "GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${shard};RC_PARAMS=seed=1")
endforeach()
