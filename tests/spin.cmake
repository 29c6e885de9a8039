# The protocol model against the same in Promela: Spin has to count as many states and transitions. Where spin is missing,
# the script says so and the test counts as skipped.
add_test(NAME spin COMMAND ${PROJECT_SOURCE_DIR}/bench/spin/compare.sh --counts --small --drydock=$<TARGET_FILE:drydock>)
set_tests_properties(spin PROPERTIES SKIP_RETURN_CODE 3 TIMEOUT 120)
