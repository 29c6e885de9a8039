// The setup of a live clone as words, "NAME=VALUE": the same for the program's options and a server's
// parameters.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "live/live_clone.h"

namespace drydock::live {

struct SetupWord {
  std::string_view name;   // "region-size"
  std::string_view value;  // what stands for it in a help text; empty: the value is yes or no
  std::string_view help;
};

std::span<const SetupWord> setup_words();

class SetupReader {
 public:
  // kNotFound for a device number that there is not; kInvalid, with the name first, for what cannot be
  // understood; a name may come once, "dangerous" any
  // number of times.
  Status take(std::string_view name, std::string_view value);
  // What was said, and for the rest: regions of 4 KiB, if the metadata do not know better
  // (known_sizes.h), and as many copies at one time as a fast device takes.
  // kInvalid if a device is missing.
  Result<LiveSetup> finish() const;

 private:
  Status take_table(std::string_view value);

  LiveSetup setup_;
  std::vector<std::string> taken_;
  std::optional<uint32_t> threshold_, batch_size_;
  bool kernel_events_ = false;
  engine::DiscardMode discard_ = engine::DiscardMode::kZero;
  bool sparse_ = true, destination_is_zero_ = false;
};

}  // namespace drydock::live
