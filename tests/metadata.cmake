# Tests of engine/metadata. The images are read from where they lie in the source tree.
add_executable(drydock_metadata_tests
  metadata_images.cc
  metadata_structure.cc
  metadata_trials.cc
  metadata_check_chance_test.cc
  metadata_check_images_test.cc
  metadata_check_report_test.cc
  metadata_check_test.cc
  metadata_broken_structure_test.cc
  metadata_checksum_test.cc
  metadata_good_images_test.cc
  metadata_bad_images_test.cc
  metadata_repair_test.cc
  metadata_replay_test.cc
  metadata_restore_test.cc
  metadata_commit_test.cc
  metadata_crash_test.cc
  metadata_error_test.cc
  metadata_geometry_test.cc
  metadata_hostile_test.cc
  metadata_inflight_test.cc)
target_link_libraries(drydock_metadata_tests PRIVATE
  drydock::metadata drydock::reports nlohmann_json::nlohmann_json ZLIB::ZLIB rapidcheck rapidcheck_gtest
  GTest::gtest_main)
target_compile_definitions(drydock_metadata_tests PRIVATE DRYDOCK_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
drydock_warnings(drydock_metadata_tests)
# In a few processes, not one for each test: all of them read the manifests first.
# A property's seed is fixed, so that a failure repeats; RC_PARAMS=seed=... explores others.
foreach(shard RANGE 3)
  add_test(NAME metadata_${shard} COMMAND drydock_metadata_tests --gtest_brief=1)
  set_tests_properties(metadata_${shard} PROPERTIES
    ENVIRONMENT "GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${shard};RC_PARAMS=seed=1")
endforeach()
