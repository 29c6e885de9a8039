// nbdkit with the plugin of disks with a volatile cache, started by a test on sockets of its own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/temp_folder.h"

namespace drydock::tests {

// Runs words in a shell; what they print on stdout and stderr, and what they return.
struct Shell {
  int exit_code = -1;
  std::string out;
};
Shell shell(const std::string& command);

// Disks of 16 MiB of zeros. Ended with SIGTERM, as by somebody who shuts down.
class NbdkitServer {
 public:
  explicit NbdkitServer(std::vector<std::string> disks = {"data"}, const std::string& more = "");
  ~NbdkitServer();
  NbdkitServer(const NbdkitServer&) = delete;
  NbdkitServer& operator=(const NbdkitServer&) = delete;

  // Whether nbdkit is there and runs.
  bool is_running() const { return pid_ != 0; }
  const std::string& trouble() const { return trouble_; }
  std::string uri(const std::string& disk = "data") const;
  std::string file(const std::string& disk = "data") const { return folder_.path(disk + ".img"); }
  std::string log() const { return folder_.path("log"); }
  const TempFolder& folder() const { return folder_; }

  // drydock disks CONTROL WORDS: its answer, or what it complains of.
  Shell control(const std::string& words) const;
  void stop();

 private:
  TempFolder folder_;
  pid_t pid_ = 0;
  std::string trouble_;
};

}  // namespace drydock::tests
