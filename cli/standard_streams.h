// What the verbs print: stdout and stderr, in a way that no verb has to ask after each line whether it came
// out.
//
// A full disk or a pipe that nobody reads any more must never look like success. The first error of stdout is
// remembered, what is printed after it is dropped, and main() ends with exit code 3 and one line. Nothing
// here throws: libfmt throws when a stream fails, in the middle of whatever the verb was doing.
#pragma once

#include <optional>

namespace drydock::cli {

// Puts streams that remember in the place of stdout and stderr; opens files for descriptors 0 to 2 if they
// are closed, so that no device that is opened later becomes stdout. SIGPIPE no longer ends the program;
// programs that it starts get the usual handling of it. REQUIRES: called once, before anything is printed.
void prepare_standard_streams();

// Whether something printed could not be written. A verb that prints for ever ends then.
bool stdout_failed();

// Writes out what is buffered; the reason (an errno) if something could not be written.
std::optional<int> finish_stdout();

}  // namespace drydock::cli
