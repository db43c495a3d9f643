#pragma once

#include <string_view>

// Inside this room: the compiled code of wallets, a bag of cells in base64. It is what is on chain;
// its hashes are checked by the tests. Sources: ton-blockchain/wallet-contract (v4R2, branch
// v4r2-stable), ton-blockchain/wallet-contract-v5 (v5R1).
namespace cocoon::ton {

inline constexpr std::string_view kWalletV4R2Code =
    "te6cckECFAEAAtQAART/APSkE/"
    "S88sgLAQIBIAIPAgFIAwYC5tAB0NMDIXGwkl8E4CLXScEgkl8E4ALTHyGCEHBsdWe9IoIQ"
    "ZHN0cr2wkl8F4AP6QDAg+kQByMoHy//J0O1E0IEBQNch9AQwXIEBCPQKb6Exs5JfB+AF0z/"
    "IJYIQcGx1Z7qSODDjDQOCEGRz"
    "dHK6kl8G4w0EBQB4AfoA9AQw+CdvIjBQCqEhvvLgUIIQcGx1Z4MesXCAGFAEywUmzxZY+gIZ9ADLaRfLH1Jgyz8gyYBA+"
    "wAG"
    "AIpQBIEBCPRZMO1E0IEBQNcgyAHPFvQAye1UAXKwjiOCEGRzdHKDHrFwgBhQBcsFUAPPFiP6AhPLassfyz/"
    "JgED7AJJfA+IC"
    "ASAHDgIBIAgNAgFYCQoAPbKd+1E0IEBQNch9AQwAsjKB8v/ydABgQEI9ApvoTGACASALDAAZrc52omhAIGuQ64X/"
    "wAAZrx32"
    "omhAEGuQ64WPwAARuMl+1E0NcLH4AFm9JCtvaiaECAoGuQ+gIYRw1AgIR6STfSmRDOaQPp/"
    "5g3gSgBt4EBSJhxWfMYQE+PKD"
    "CNcYINMf0x/THwL4I7vyZO1E0NMf0x/T//QE0VFDuvKhUVG68qIF+QFUEGT5EPKj+AAkpMjLH1JAyx9SMMv/"
    "UhD0AMntVPgP"
    "AdMHIcAAn2xRkyDXSpbTB9QC+wDoMOAhwAHjACHAAuMAAcADkTDjDQOkyMsfEssfy/8QERITAG7SB/"
    "oA1NQi+QAFyMoHFcv/"
    "ydB3dIAYyMsFywIizxZQBfoCFMtrEszMyXP7AMhAFIEBCPRR8qcCAHCBAQjXGPoA0z/"
    "IVCBHgQEI9FHyp4IQbm90ZXB0gBjI"
    "ywXLAlAGzxZQBPoCFMtqEssfyz/Jc/sAAgBsgQEI1xj6ANM/MFIkgQEI9Fnyp4IQZHN0cnB0gBjIywXLAlAFzxZQA/"
    "oCE8tq"
    "yx8Syz/Jc/sAAAr0AMntVAj45Sg=";

inline constexpr std::string_view kWalletV5R1Code =
    "te6cckECFAEAAoEAART/APSkE/"
    "S88sgLAQIBIAINAgFIAwQC3NAg10nBIJFbj2Mg1wsfIIIQZXh0br0hghBzaW50vbCSXwPg"
    "ghBleHRuuo60gCDXIQHQdNch+kAw+kT4KPpEMFi9kVvg7UTQgQFB1yH0BYMH9A5voTGRMOGAQNchcH/"
    "bPOAxINdJgQKAuZEw"
    "4HDiEA8CASAFDAIBIAYJAgFuBwgAGa3OdqJoQCDrkOuF/"
    "8AAGa8d9qJoQBDrkOuFj8ACAUgKCwAXsyX7UTQcdch1wsfgABGy"
    "YvtRNDXCgCAAGb5fD2omhAgKDrkPoCwBAvIOAR4g1wsfghBzaWduuvLgin8PAeaO8O2i7fshgwjXIgKDCNcjIIAg1yHTH9"
    "Mf"
    "0x/tRNDSANMfINMf0//"
    "XCgAK+QFAzPkQmiiUXwrbMeHywIffArNQB7Dy0IRRJbry4IVQNrry4Ib4I7vy0IgikvgA3gGkf8jK"
    "AMsfAc8Wye1UIJL4D95w2zzYEAP27aLt+"
    "wL0BCFukmwhjkwCIdc5MHCUIccAs44tAdcoIHYeQ2wg10nACPLgkyDXSsAC8uCT"
    "INcdBscSwgBSMLDy0InXTNc5MAGk6GwShAe78uCT10rAAPLgk+"
    "1V4tIAAcAAkVvg69csCBQgkXCWAdcsCBwS4lIQseMPINdK"
    "ERITAJYB+kAB+kT4KPpEMFi68uCR7UTQgQFB1xj0BQSdf8jKAEAEgwf0U/"
    "Lgi44UA4MH9Fvy4Iwi1woAIW4Bs7Dy0JDiyFAD"
    "zxYS9ADJ7VQAcjDXLAgkji0h8uCS0gDtRNDSAFETuvLQj1RQMJExnAGBAUDXIdcKAPLgjuLIygBYzxbJ7VST8sCN4gAQk1"
    "vb"
    "MeHXTNC01sNe";

}  // namespace cocoon::ton
