# Compiler, language level, warnings and sanitizers for every target of the house.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "Cocoon is built with clang-19 (docs/adr/0001-toolchain.md); use a preset: cmake --preset release")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Programs compile like libraries, so that they can use the libraries' precompiled headers.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE "-fPIC")

set(COCOON_SANITIZE "" CACHE STRING "Comma-separated sanitizers for every target: address,undefined or thread")
option(COCOON_FUZZ "Link fuzz targets with libFuzzer instead of the corpus replayer" OFF)
option(COCOON_COVERAGE "Instrument for llvm-cov" OFF)

add_library(cocoon_flags INTERFACE)
target_compile_options(cocoon_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wthread-safety -Werror -fno-omit-frame-pointer -fstack-protector-strong
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build")
target_compile_definitions(cocoon_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
target_compile_definitions(cocoon_flags INTERFACE "COCOON_VERSION=\"${PROJECT_VERSION}\"")
target_link_options(cocoon_flags INTERFACE -fuse-ld=lld)
target_include_directories(cocoon_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")

if(COCOON_SANITIZE)
  add_compile_options("-fsanitize=${COCOON_SANITIZE}" -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${COCOON_SANITIZE}")
endif()
if(COCOON_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(COCOON_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
