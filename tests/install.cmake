# An installed drydock, used by another project. Sanitizers would have to be that project's too: only plain builds.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_test(NAME install COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run ${PROJECT_BINARY_DIR})
  set_tests_properties(install PROPERTIES ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")
endif()
