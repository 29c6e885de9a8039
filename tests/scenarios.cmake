# Tests of scenarios/. Documents and recordings are read from where they lie in the source tree.
add_executable(drydock_scenario_tests
  json_schema.cc
  scenario_samples.cc
  hunt_test.cc
  scenario_bad_input_test.cc
  scenario_commands_test.cc
  scenario_docs_test.cc
  scenario_generator_test.cc
  scenario_json_test.cc
  scenario_metadata_image_test.cc
  scenario_schema_test.cc
  scenario_shrinker_test.cc
  scenario_variation_test.cc
  trace_bad_input_test.cc
  trace_generator_test.cc
  trace_import_test.cc
  trace_read_test.cc
  trace_source_image_test.cc)
target_link_libraries(drydock_scenario_tests PRIVATE
  drydock::scenarios nlohmann_json::nlohmann_json ZLIB::ZLIB rapidcheck rapidcheck_gtest GTest::gtest_main)
target_compile_definitions(drydock_scenario_tests PRIVATE
  DRYDOCK_DOCS="${PROJECT_SOURCE_DIR}/docs"
  DRYDOCK_LIBRARY="${PROJECT_SOURCE_DIR}/scenarios/library"
  DRYDOCK_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
drydock_warnings(drydock_scenario_tests)
# A property's seed is fixed, so that a failure repeats; RC_PARAMS=seed=... explores others.
foreach(shard RANGE 1)
  add_test(NAME scenario_${shard} COMMAND drydock_scenario_tests --gtest_brief=1)
  set_tests_properties(scenario_${shard} PROPERTIES
    ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${shard};RC_PARAMS=seed=1")
endforeach()
