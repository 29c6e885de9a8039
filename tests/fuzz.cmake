# Tests of what the fuzz targets are made of, and of what fuzz_scenario_run leaves behind.
add_executable(drydock_fuzz_tests
  ${PROJECT_SOURCE_DIR}/fuzz/log_mutator.cc
  ${PROJECT_SOURCE_DIR}/fuzz/record_mutator.cc
  ${PROJECT_SOURCE_DIR}/fuzz/scenario_input.cc
  cli_child.cc
  fuzz_log_mutator_test.cc
  fuzz_record_mutator_test.cc
  fuzz_scenario_input_test.cc
  fuzz_scenario_run_test.cc)
target_link_libraries(drydock_fuzz_tests PRIVATE
  drydock::cached_disks drydock::scenarios isal ZLIB::ZLIB rapidcheck rapidcheck_gtest GTest::gtest_main)
target_compile_definitions(drydock_fuzz_tests PRIVATE
  DRYDOCK_FUZZ_CORPUS="${PROJECT_SOURCE_DIR}/fuzz/corpus/fuzz_scenario_run"
  DRYDOCK_FUZZ_TARGET="$<TARGET_FILE:fuzz_scenario_run>"
  DRYDOCK_PROGRAM="$<TARGET_FILE:drydock>")
add_dependencies(drydock_fuzz_tests drydock fuzz_scenario_run)
drydock_warnings(drydock_fuzz_tests)
add_test(NAME fuzz_inputs COMMAND drydock_fuzz_tests --gtest_brief=1)
set_tests_properties(fuzz_inputs PROPERTIES ENVIRONMENT "RC_PARAMS=seed=1" LABELS fuzz)
