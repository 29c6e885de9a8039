// What all importers of traces share: collecting requests by device, counting what is left out, and making
// one trace of them.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "block/result.h"
#include "scenarios/trace_import.h"

namespace drydock::scenarios {

// One request as a file tells it.
struct ForeignRequest {
  std::string_view device;
  uint64_t at_us = 0;
  IoKind kind = IoKind::kRead;
  uint64_t offset_bytes = 0;
  uint64_t length_bytes = 0;  // of a flush: whatever, it is not looked at
  Fua fua = Fua::kNo;
  bool zeros = false;
};

class TraceBuilder {
 public:
  TraceBuilder(std::string name, ImportOptions options)
      : name_(std::move(name)), options_(std::move(options)) {}

  // What is not whole sectors becomes so: reads and writes outwards, discards and zeroes inwards. Says what
  // is wrong with a request that no device could have.
  std::optional<std::string_view> add(const ForeignRequest& request);
  void leave_out(std::string_view what, uint64_t count = 1);
  void remark(std::string text) { remarks_.push_back(std::move(text)); }

  // In the order of their times, the first at 0. kInvalid: there is no such device.
  Result<ImportedTrace> finish(std::string format);

  std::unexpected<Error> wrong(std::string_view unit, uint64_t where, std::string_view what) const;

 private:
  std::string name_;
  ImportOptions options_;
  std::map<std::string, std::vector<TraceRequest>, std::less<>> devices_;
  std::vector<LeftOut> left_out_;
  std::vector<std::string> remarks_;
};

// All of `text` as a number that is not negative.
template <class T>
std::optional<T> number_of(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The words between any of `separators`; of spaces several count as one.
std::vector<std::string_view> words_of(std::string_view line);
std::vector<std::string_view> fields_of(std::string_view line);  // between commas, without spaces around

// Takes one line off `text`, without what ends it.
std::string_view take_line(std::string_view& text);

// The importers. Each is told apart by a function of the first bytes or the first line that is not empty.
using Importer = Result<ImportedTrace> (*)(std::string_view content, TraceBuilder& builder);

bool is_fio_iolog(std::string_view content);
Result<ImportedTrace> import_fio_iolog(std::string_view content, TraceBuilder& builder);
bool is_blkparse(std::string_view content);
Result<ImportedTrace> import_blkparse(std::string_view content, TraceBuilder& builder);
bool is_blktrace(std::string_view content);
Result<ImportedTrace> import_blktrace(std::string_view content, TraceBuilder& builder);
bool is_log_writes(std::string_view content);
Result<ImportedTrace> import_log_writes(std::string_view content, TraceBuilder& builder);
bool is_csv(std::string_view content);
Result<ImportedTrace> import_csv(std::string_view content, TraceBuilder& builder);

}  // namespace drydock::scenarios
