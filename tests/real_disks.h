// What the end-to-end tests stand on: files as disks, programs as children, NBD exports as block devices and
// mounts. Everything that a test has made is taken down with it, in whatever state it is.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/loop_device.h"
#include "tests/nbdkit_server.h"
#include "tests/temp_folder.h"

namespace drydock::tests {

// The one line that a command says; empty if it fails.
std::string said_by(const std::string& command);

// Processes, this one aside, that still have `path` among their words when they have had half a minute to
// end; a line each. Empty: none, which is known at once.
std::string processes_left(const std::string& path);

// A program that serves something until it is told to end. What it starts ends with it.
class Daemon {
 public:
  // Through sh. Its stdout and stderr go to `log`. REQUIRES: the command says exec.
  Daemon(const std::string& command, std::string log);
  ~Daemon();  // by SIGTERM
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Until `file` is there. False if the program ends before.
  bool wait_for(const std::string& file);
  // Sends a signal and waits for the end. What exit() was given, or -1.
  int end(int signal);
  std::string said() const;
  // The same, once `words` are in it, or after half a minute.
  std::string said_with(std::string_view words) const;

 private:
  pid_t pid_ = 0;
  std::string log_;
};

// drydock serve, on a socket in `folder`.
class ServedClone {
 public:
  // The first one in a folder begins a clone (--format), later ones go on with it
  // (--same-pair: files of nbdfuse have no lasting names).
  ServedClone(const TempFolder& folder, const std::string& words);
  bool is_running() const { return running_; }
  std::string uri() const { return "nbd+unix:///?socket=" + socket_; }
  // drydock VERB CONTROL WORDS, one line.
  std::string ask(const std::string& verb, const std::string& words = "") const;
  // "12/34" of the status line.
  bool is_hydrated() const;
  // False if it takes more than half a minute.
  bool wait_until_hydrated() const;
  int end(int signal) { return daemon_.end(signal); }
  std::string said() const { return daemon_.said(); }
  // The same, once `words` are in it, or after half a minute.
  std::string said_with(std::string_view words) const { return daemon_.said_with(words); }

 private:
  std::string socket_, control_;
  Daemon daemon_;
  bool running_ = false;
};

// An NBD export as a file, through nbdfuse.
class FuseFile {
 public:
  FuseFile(const std::string& folder, const std::string& uri);
  ~FuseFile();
  FuseFile(const FuseFile&) = delete;
  FuseFile& operator=(const FuseFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A file system on a block device.
class Mount {
 public:
  Mount(const std::string& folder, const std::string& device, const std::string& options = "");
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  bool is_mounted() const { return trouble_.empty(); }
  const std::string& trouble() const { return trouble_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string trouble_;
};

// A checksum of all files below a folder, names and contents.
std::string checksum_below(const std::string& folder);

// Why the tests here cannot run; empty if they can.
std::string missing_for_mounts();

}  // namespace drydock::tests
