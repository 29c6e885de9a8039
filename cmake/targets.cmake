option(DRYDOCK_WARNINGS_AS_ERRORS "A warning stops the build" ON)

# The house's warnings, all of them errors.
function(drydock_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough -Wvla)
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ${DRYDOCK_WARNINGS_AS_ERRORS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC 12 sees uninitialised members where a std::expected or std::optional is empty.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  else()
    # What GCC means by -Wconversion, no more; and libstdc++ 12 uses in its stable_sort what it calls deprecated.
    target_compile_options(${target} PRIVATE -Wno-sign-conversion -Wno-deprecated-declarations)
  endif()
endfunction()

# For programs whose runs allocate many small things for a short time: a tenth faster than with libc's malloc. Not under
# the sanitizers, which have their own. Nothing names it, so the linker has to be told to keep it.
function(drydock_allocator target)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE -Wl,--no-as-needed)
    target_link_libraries(${target} PRIVATE ${MIMALLOC_LIBRARY})
  endif()
endfunction()

# drydock_layer(NAME SOURCES... [DEPENDS ...]): a static library drydock_NAME.
function(drydock_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(drydock_${name} STATIC ${ARG_SOURCES})
  add_library(drydock::${name} ALIAS drydock_${name})
  target_include_directories(drydock_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(drydock_${name} PUBLIC ${ARG_DEPENDS})
  target_compile_features(drydock_${name} PUBLIC cxx_std_23)
  set_target_properties(drydock_${name} PROPERTIES EXPORT_NAME ${name})
  drydock_warnings(drydock_${name})
endfunction()
