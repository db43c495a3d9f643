#include "files/descriptor.h"

#include <unistd.h>

namespace cocoon::files {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace cocoon::files
