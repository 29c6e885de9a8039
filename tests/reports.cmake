# Tests of reports/. Apart from the others, since what draws has threads of its own that TSan cannot see into.
add_executable(drydock_report_tests
  report_xml.cc
  scenario_samples.cc
  report_counterexample_test.cc
  report_coverage_test.cc
  report_diagram_test.cc
  report_junit_test.cc
  report_results_test.cc
  report_story_test.cc
  report_timeline_test.cc
  report_wrap_test.cc)
target_link_libraries(drydock_report_tests PRIVATE drydock::reports ZLIB::ZLIB GTest::gtest_main)
target_compile_definitions(drydock_report_tests PRIVATE
  DRYDOCK_DOCS="${PROJECT_SOURCE_DIR}/docs"
  DRYDOCK_LIBRARY="${PROJECT_SOURCE_DIR}/scenarios/library"
  DRYDOCK_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
drydock_warnings(drydock_report_tests)
add_test(NAME reports COMMAND drydock_report_tests --gtest_brief=1)
