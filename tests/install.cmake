# An installed drydock, used by another project. Sanitizers would have to be that project's too: only plain builds.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_test(NAME install COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run ${PROJECT_BINARY_DIR})
  set_tests_properties(install PROPERTIES ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")
endif()

# The Debian packages. They hold a build as it would be shipped, and are looked at as such.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize|--coverage")
  add_test(NAME package COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/run ${PROJECT_BINARY_DIR})
endif()
