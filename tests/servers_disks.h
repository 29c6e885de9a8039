// Disks with a volatile cache over files of a test's own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "block/check.h"
#include "servers/cached_disks.h"
#include "tests/temp_folder.h"

namespace drydock::tests {

using servers::CachedDisk;
using servers::CachedDisks;
using servers::Leave;

// Answers of requests, in letters: each sector is filled with one.
class DisksBench {
 public:
  explicit DisksBench(std::vector<std::string> names = {"destination"},
                      std::string_view profile = "zero_trim", uint64_t sectors = 64, bool with_log = false) {
    for (const std::string& name : names) {
      folder_.write(name, std::string(sectors * kSectorBytes, '.'));
      options_.disks.push_back({name, folder_.path(name), *profile_named(profile)});
    }
    if (with_log) options_.log = folder_.path("log");
    open();
  }

  CachedDisks& disks() { return *disks_; }
  CachedDisk& disk(std::string_view name = "destination") { return *disks_->find(name); }
  CachedDisks::Options& options() { return options_; }
  const TempFolder& folder() const { return folder_; }
  void close() { disks_.reset(); }
  void open() {
    auto opened = CachedDisks::open(options_);
    CHECK(opened);
    disks_ = std::move(*opened);
  }

  ErrorCode write(uint64_t first, std::string_view letters, Fua fua = Fua::kNo,
                  std::string_view name = "destination") {
    std::string data;
    for (const char letter : letters) data.append(kSectorBytes, letter);
    return ask(name, {.kind = IoKind::kWrite,
                      .fua = fua,
                      .range = {Sector(first), SectorCount(letters.size())},
                      .data = bytes(data)});
  }
  ErrorCode flush(std::string_view name = "destination") { return ask(name, {.kind = IoKind::kFlush}); }
  ErrorCode change(IoKind kind, uint64_t first, uint64_t count, Fua fua = Fua::kNo) {
    return ask("destination", {.kind = kind, .fua = fua, .range = {Sector(first), SectorCount(count)}});
  }
  // One letter a sector; '0' for zeros, '?' for a mixture.
  std::string read(uint64_t first, uint64_t count, std::string_view name = "destination") {
    std::string data(count * kSectorBytes, '\0');
    const ErrorCode error = ask(name, {.range = {Sector(first), SectorCount(count)}, .data = bytes(data)});
    return error == ErrorCode::kNone ? letters_of(data) : "error";
  }
  std::string in_file(uint64_t first, uint64_t count, std::string_view name = "destination") const {
    return letters_of(folder_.read(name).substr(first * kSectorBytes, count * kSectorBytes));
  }

  CachedDisks::CutReport cut(CachedDisks::CutOptions options = {}) {
    auto report = disks_->power_cut(options);
    CHECK(report);
    return *report;
  }

 private:
  static std::span<std::byte> bytes(std::string& data) {
    return std::as_writable_bytes(std::span(data.data(), data.size()));
  }
  static std::string letters_of(const std::string& data) {
    std::string letters;
    for (size_t at = 0; at < data.size(); at += kSectorBytes) {
      const bool same = data.find_first_not_of(data[at], at) >= at + kSectorBytes;
      letters += !same ? '?' : data[at] == '\0' ? '0' : data[at];
    }
    return letters;
  }
  ErrorCode ask(std::string_view name, IoRequest request) {
    disk(name).submit(request);
    return request.error;
  }

  TempFolder folder_;
  CachedDisks::Options options_;
  std::unique_ptr<CachedDisks> disks_;
};

}  // namespace drydock::tests
