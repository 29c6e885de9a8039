// What a device is called in metadata: the same by every way to it, another one for another device.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/devices/lasting_id.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::lasting_id_of;

class LastingId : public testing::Test {
 protected:
  LastingId() : file_(folder_.write("file", std::string(1 << 20, '\0'))) {}
  TempFolder folder_;
  std::string file_;
};

TEST_F(LastingId, OfAFileIsTheSameByWhateverPath) {
  std::filesystem::create_symlink(file_, folder_.path("link"));
  EXPECT_TRUE(lasting_id_of(file_).starts_with("file ")) << lasting_id_of(file_);
  EXPECT_EQ(lasting_id_of(folder_.path("link")), lasting_id_of(file_));
  const std::string before = lasting_id_of(file_);
  std::filesystem::rename(file_, folder_.path("moved"));
  EXPECT_EQ(lasting_id_of(folder_.path("moved")), before);
}

TEST_F(LastingId, OfACopyIsAnotherOne) {
  std::filesystem::copy(file_, folder_.path("copy"));
  EXPECT_NE(lasting_id_of(folder_.path("copy")), lasting_id_of(file_));
}

TEST_F(LastingId, OfALoopDeviceIsThatOfItsFile) {
  const LoopDevice loop(file_, {});
  if (!loop.is_there()) GTEST_SKIP() << kNoLoopDevice;
  EXPECT_EQ(lasting_id_of(loop.path()), lasting_id_of(file_));
}

TEST_F(LastingId, OfNothingIsEmpty) { EXPECT_EQ(lasting_id_of(folder_.path("missing")), ""); }

}  // namespace
}  // namespace drydock::tests
