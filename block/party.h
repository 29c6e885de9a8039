// Who is asked for something: the client asks the clone, the clone asks its three devices.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace drydock {

enum class Party : uint8_t { kClient, kSource, kDestination, kMetadata };

inline constexpr size_t kParties = 4;
inline constexpr std::array kDevices = {Party::kSource, Party::kDestination, Party::kMetadata};

constexpr std::string_view to_string(Party party) {
  constexpr std::array<std::string_view, kParties> kNames = {"client", "source", "destination", "metadata"};
  return kNames[static_cast<size_t>(party)];
}

constexpr std::optional<Party> device_named(std::string_view name) {
  for (const Party device : kDevices) {
    if (to_string(device) == name) return device;
  }
  return std::nullopt;
}

}  // namespace drydock
