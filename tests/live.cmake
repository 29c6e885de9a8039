# Tests of live/: what stands around a clone on real devices. The whole of it is tested through the program (cli.cmake).
add_executable(drydock_live_tests live_control_test.cc live_progress_test.cc live_setup_words_test.cc)
target_link_libraries(drydock_live_tests PRIVATE
  drydock::live nlohmann_json::nlohmann_json ZLIB::ZLIB GTest::gtest_main)
drydock_warnings(drydock_live_tests)
add_test(NAME live COMMAND drydock_live_tests --gtest_brief=1)
set_tests_properties(live PROPERTIES TIMEOUT 60)
