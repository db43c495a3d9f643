# What `make install` and `make deb` put where. Programs lie together in lib/cocoon/bin, since each looks for the others
# and for llama-server beside itself; bin/ has links to those that people type.

set(COCOON_LLAMA_SERVER "${CMAKE_BINARY_DIR}/bin/llama-server" CACHE FILEPATH "The engine that is installed")
set(COCOON_LLAMA_LICENSE "${CMAKE_BINARY_DIR}/third_party/llama/LICENSE" CACHE FILEPATH "The engine's licence")
set(cocoon_programs lib/cocoon/bin)
set(cocoon_docs share/doc/cocoon)

install(TARGETS cocoon cocoon-client cocoon-proxy tdx-sim RUNTIME DESTINATION ${cocoon_programs} COMPONENT cocoon)
install(TARGETS cocoon-worker RUNTIME DESTINATION ${cocoon_programs} COMPONENT worker)

# A link to the engine would lead out of the package.
install(CODE "
  if(NOT EXISTS \"${COCOON_LLAMA_SERVER}\")
    message(FATAL_ERROR \"${COCOON_LLAMA_SERVER} is missing; run tools/build-llama-server\")
  endif()
  file(REAL_PATH \"${COCOON_LLAMA_SERVER}\" engine)
  file(INSTALL \"\${engine}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${cocoon_programs}\" TYPE PROGRAM RENAME llama-server)"
  COMPONENT worker)
install(FILES "${COCOON_LLAMA_LICENSE}" DESTINATION share/doc/cocoon-worker RENAME llama-server.LICENSE
        COMPONENT worker OPTIONAL)

# cocoon_link(component program): bin/program leads to the installed one.
function(cocoon_link component program)
  set(link "${CMAKE_BINARY_DIR}/links/${program}")
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/links")
  file(CREATE_LINK "../${cocoon_programs}/${program}" "${link}" SYMBOLIC)
  install(FILES "${link}" DESTINATION bin COMPONENT ${component})
endfunction()
foreach(program cocoon cocoon-client cocoon-proxy)
  cocoon_link(cocoon ${program})
endforeach()
cocoon_link(worker cocoon-worker)

# Units and the service user name /usr/lib/cocoon; another prefix is written in while installing.
function(cocoon_unit component file destination)
  install(CODE "
    file(READ \"${CMAKE_SOURCE_DIR}/packaging/${file}\" text)
    string(REPLACE \"/usr/lib/cocoon\" \"\${CMAKE_INSTALL_PREFIX}/lib/cocoon\" text \"\${text}\")
    string(REPLACE \"/usr/share/doc\" \"\${CMAKE_INSTALL_PREFIX}/share/doc\" text \"\${text}\")
    get_filename_component(name \"${file}\" NAME)
    file(WRITE \"${CMAKE_BINARY_DIR}/units/\${name}\" \"\${text}\")
    file(INSTALL \"${CMAKE_BINARY_DIR}/units/\${name}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${destination}\")"
    COMPONENT ${component})
endfunction()
foreach(role client proxy)
  cocoon_unit(cocoon systemd/cocoon-${role}.service lib/systemd/system)
endforeach()
cocoon_unit(worker systemd/cocoon-worker.service lib/systemd/system)
cocoon_unit(cocoon sysusers.d/cocoon.conf lib/sysusers.d)

# A manual page of each program and its commands, from their own --help.
function(cocoon_manual component program)
  set(page "${CMAKE_BINARY_DIR}/man/${program}.1.gz")
  install(CODE "
    execute_process(COMMAND \"${CMAKE_SOURCE_DIR}/packaging/manual\" \"$<TARGET_FILE:${program}>\"
                    OUTPUT_FILE \"${page}\" COMMAND_ERROR_IS_FATAL ANY)
    file(INSTALL \"${page}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/man/man1\")"
    COMPONENT ${component})
endfunction()
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/man")
cocoon_manual(cocoon cocoon)
cocoon_manual(cocoon cocoon-client)
cocoon_manual(cocoon cocoon-proxy)
cocoon_manual(worker cocoon-worker)

install(DIRECTORY packaging/networks/ DESTINATION ${cocoon_docs}/networks COMPONENT cocoon FILES_MATCHING PATTERN "*.json")
install(DIRECTORY packaging/examples/ DESTINATION ${cocoon_docs}/examples COMPONENT cocoon FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY docs/ DESTINATION ${cocoon_docs} COMPONENT cocoon FILES_MATCHING PATTERN "*.md")
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${cocoon_docs} COMPONENT cocoon)

# Debian packages: cocoon, and cocoon-worker, which needs the command `cocoon` to be set up.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cocoon)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR Cocoon)
set(CPACK_PACKAGE_CONTACT "Cocoon developers <developers@cocoon.example.org>")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # so that installing sees the prefix that packages have, not where they are assembled
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL cocoon worker)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COCOON_PACKAGE_NAME cocoon)
set(CPACK_DEBIAN_COCOON_PACKAGE_RECOMMENDS "systemd, chrony | time-daemon")
set(CPACK_DEBIAN_COCOON_DESCRIPTION "private answers from attested workers: client and proxy
In Cocoon, people rent out GPUs, and applications get answers from language
models that nobody but them can read. This package has the client, a local
OpenAI-compatible endpoint; the proxy, which relays sealed requests; and the
command cocoon.")
set(CPACK_DEBIAN_WORKER_PACKAGE_NAME cocoon-worker)
set(CPACK_DEBIAN_WORKER_PACKAGE_DEPENDS "cocoon (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_WORKER_DESCRIPTION "private answers from attested workers: worker and engine
In Cocoon, people rent out GPUs, and applications get answers from language
models that nobody but them can read. This package has the worker, which
answers sealed requests inside a trusted execution environment, and its engine,
llama-server. Set it up with: cocoon worker setup.")
foreach(component cocoon worker)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/packaging/debian/${component}/postinst;${CMAKE_SOURCE_DIR}/packaging/debian/${component}/prerm")
endforeach()

# What Debian wants of every package: copyright, and a changelog in its own form.
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(component cocoon worker)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  file(WRITE "${CMAKE_BINARY_DIR}/debian/${package}/changelog"
    "${package} (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See /usr/share/doc/cocoon/CHANGELOG.md.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${today}\n")
  install(CODE "
    file(INSTALL \"${CMAKE_SOURCE_DIR}/packaging/debian/copyright\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/doc/${package}\")
    execute_process(COMMAND gzip -9nc \"${CMAKE_BINARY_DIR}/debian/${package}/changelog\"
                    OUTPUT_FILE \"${CMAKE_BINARY_DIR}/debian/${package}/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
    file(INSTALL \"${CMAKE_BINARY_DIR}/debian/${package}/changelog.gz\"
         DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/doc/${package}\")"
    COMPONENT ${component})
endforeach()
include(CPack)
