# Tests of the program drydock, run as a child: what it prints, what it writes, what it returns.
add_executable(drydock_cli_tests
  cli_child.cc
  loop_device.cc
  report_xml.cc
  cli_bad_scenario_test.cc
  cli_bad_words_test.cc
  cli_clone_owner_test.cc
  cli_clone_test.cc
  cli_diagram_test.cc
  cli_disks_test.cc
  cli_documents_test.cc
  cli_dmsetup_test.cc
  cli_exit_codes_test.cc
  cli_help_test.cc
  cli_hunt_test.cc
  cli_interrupt_test.cc
  cli_manual_test.cc
  cli_meta_test.cc
  cli_replay_suite_test.cc
  cli_replay_test.cc
  cli_rules_test.cc
  cli_scenario_test.cc
  cli_shrink_test.cc
  cli_standard_streams_test.cc
  cli_trace_test.cc)
target_link_libraries(drydock_cli_tests PRIVATE
  drydock::scenarios nlohmann_json::nlohmann_json ZLIB::ZLIB GTest::gtest_main)
target_compile_definitions(drydock_cli_tests PRIVATE
  DRYDOCK_DOCS="${PROJECT_SOURCE_DIR}/docs"
  DRYDOCK_LIBRARY="${PROJECT_SOURCE_DIR}/scenarios/library"
  DRYDOCK_PROGRAM="$<TARGET_FILE:drydock>"
  DRYDOCK_SOURCE="${PROJECT_SOURCE_DIR}"
  DRYDOCK_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data"
  DRYDOCK_VERSION="${PROJECT_VERSION}")
add_dependencies(drydock_cli_tests drydock)
drydock_warnings(drydock_cli_tests)
foreach(shard RANGE 1)
  add_test(NAME cli_${shard} COMMAND drydock_cli_tests --gtest_brief=1)
  set_tests_properties(cli_${shard} PROPERTIES
    ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${shard}" TIMEOUT 120)
endforeach()
