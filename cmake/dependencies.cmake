# Every third-party library, found once. docs/adr/0001-toolchain.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(doctest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)

# Asio, header-only; one place decides its configuration so that no two objects disagree.
add_library(cocoon_asio INTERFACE)
target_link_libraries(cocoon_asio INTERFACE Boost::headers Threads::Threads OpenSSL::SSL)
target_compile_definitions(cocoon_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_include_directories(cocoon_asio SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
