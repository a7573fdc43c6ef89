use std::path::Path;

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

fn of(text: &[u8]) -> Result<Sheet, SheetError> {
    Sheet::of_bytes(Path::new("trả lời.csv"), text, None)
}

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_table_is_the_same_however_excel_wrote_it() {
    let meant = [["Họ tên", "Ý kiến"], ["Đỗ Thị Ái", "tốt, rất tốt; cảm ơn"]];
    let with = |separator: &str| {
        let lines = meant.map(|row| row.map(|c| format!("\"{c}\"")).join(separator));
        lines.join("\r\n")
    };
    let mut utf16: Vec<u8> = vec![0xff, 0xfe];
    utf16.extend(with("\t").encode_utf16().flat_map(u16::to_le_bytes));
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(with(";").into_bytes());
    let xlsx = book(|b| {
        let sheet = b.add_worksheet();
        for (i, row) in (2..).zip(meant) {
            sheet.write_row(i, 0, row).unwrap();
        }
    });
    for (bytes, number) in [
        (with(",").into_bytes(), 2),
        (marked, 2),
        (utf16, 2),
        (xlsx, 4),
    ] {
        let sheet = of(&bytes).unwrap();
        assert_eq!(sheet.header, meant[0]);
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(sheet.rows[0].cells, meant[1]);
        assert_eq!(sheet.rows[0].number, number);
    }
}

#[test]
fn rows_have_the_numbers_that_a_spreadsheet_program_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "\na,b\n\n\"x\ny\",1\n,\nz,2\n\n\n\"u\",2".replace('\n', end);
        let sheet = of(text.as_bytes()).unwrap();
        let numbers: Vec<usize> = sheet.rows.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [4, 6, 9]);
    }
}

#[test]
fn columns_are_found_by_names_that_look_alike() {
    let composed = "Khu vực";
    let apart: String = composed.nfd().collect();
    assert_ne!(composed, apart);
    let sheet = of(format!(" {apart}  ,b,B\n1,2,3\n").as_bytes()).unwrap();
    assert_eq!(sheet.column("khu  VỰC").unwrap(), 0);
    assert!(matches!(
        sheet.column("b"),
        Err(SheetError::ColumnTwice { .. })
    ));
    assert!(matches!(
        sheet.column("c"),
        Err(SheetError::NoColumn { .. })
    ));
}

/// A comma that nobody quoted would shift every answer behind it by one column.
#[test]
fn nothing_shifts_silently() {
    let ragged = of("q1,q2,q3\ntốt,tốt,xấu\ntốt, rất tốt,tốt,xấu\n".as_bytes());
    assert!(
        matches!(
            ragged,
            Err(SheetError::Ragged {
                row: 3,
                found: 4,
                wanted: 3,
                ..
            })
        ),
        "{ragged:?}"
    );
    let few = of(b"q1,q2\n1\n");
    assert!(matches!(few, Err(SheetError::Ragged { row: 2, .. })));
    let open = of(b"q1,q2\n1,\"2\n3,4\n");
    assert!(matches!(open, Err(SheetError::OpenQuote(_))));
}

#[test]
fn days_and_numbers_of_a_workbook_are_plain_text() {
    let bytes = book(|b| {
        let sheet = b.add_worksheet();
        sheet
            .write_row(0, 0, ["ngày", "giờ", "số", "mã", "có"])
            .unwrap();
        let day = Format::new().set_num_format("dd/mm/yyyy");
        let time = Format::new().set_num_format("dd/mm/yyyy hh:mm");
        let at = ExcelDateTime::from_ymd(2024, 11, 5).unwrap();
        sheet.write_datetime_with_format(1, 0, &at, &day).unwrap();
        let at = at.and_hms(8, 5, 9).unwrap();
        sheet.write_datetime_with_format(1, 1, &at, &time).unwrap();
        sheet.write_number(1, 2, 12.5).unwrap();
        sheet.write_number(1, 3, 1_234_567_890_123.0).unwrap();
        sheet.write_boolean(1, 4, true).unwrap();
    });
    assert_eq!(
        of(&bytes).unwrap().rows[0].cells,
        [
            "2024-11-05",
            "2024-11-05 08:05:09",
            "12.5",
            "1234567890123",
            "TRUE"
        ]
    );
}

#[test]
fn of_several_sheets_one_is_named() {
    let bytes = book(|b| {
        b.add_worksheet().set_name("Trống").unwrap();
        for name in ["Một", "Hai"] {
            let sheet = b.add_worksheet().set_name(name).unwrap();
            sheet.write_column(0, 0, ["a", name]).unwrap();
        }
    });
    assert!(
        matches!(of(&bytes), Err(SheetError::SeveralSheets { there, .. }) if there == ["Một", "Hai"])
    );
    let named = |name| Sheet::of_bytes(Path::new("a.xlsx"), &bytes, Some(name));
    assert_eq!(named("Hai").unwrap().rows[0].cells, ["Hai"]);
    assert!(matches!(named("Ba"), Err(SheetError::NoSheet { .. })));
    assert!(matches!(named("Trống"), Err(SheetError::Empty(_))));
}

/// Some readers make a table of 17 thousand million cells of this.
#[test]
fn a_cell_far_out_costs_nothing() {
    let far = book(|b| {
        b.add_worksheet().write(1_048_575, 0, "x").unwrap();
    });
    assert_eq!(of(&far).unwrap().header, ["x"]);
    let wide = book(|b| {
        b.add_worksheet().write(0, 16_383, "x").unwrap();
    });
    assert!(matches!(of(&wide), Err(SheetError::Broken { .. })));
}

#[test]
fn formulas_that_failed_are_named() {
    let bytes = book(|b| {
        let sheet = b.add_worksheet();
        sheet.write(0, 0, "a").unwrap();
        let formula = rust_xlsxwriter::Formula::new("=NA()").set_result("#N/A");
        sheet.write_formula(1, 0, formula).unwrap();
    });
    let failed = of(&bytes);
    assert!(
        matches!(
            &failed,
            Err(SheetError::ErrorCell {
                row: 2,
                column: 1,
                ..
            })
        ),
        "{failed:?}"
    );
}

#[test]
fn other_files_are_told_apart() {
    assert!(matches!(of(b""), Err(SheetError::Empty(_))));
    assert!(matches!(
        of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        Err(SheetError::NotText(_))
    ));
    assert!(matches!(of("Hội An".as_bytes()), Ok(s) if s.rows.is_empty()));
    // "Hài lòng" as Windows-1258 has it.
    assert!(matches!(
        of(b"a\nH\xe0i l\xf2ng\n"),
        Err(SheetError::NotText(_))
    ));
}

proptest! {
    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec("[ -~À-ỹ\n\"]{0,12}", 3), 1..8)) {
        let mut rows = rows;
        rows.insert(0, ["a", "b", "c"].map(str::to_owned).to_vec());
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let sheet = of(&writer.into_inner().unwrap()).unwrap();
        let meant: Vec<Vec<String>> = rows[1..]
            .iter()
            .map(|r| r.iter().map(|c| c.trim().to_owned()).collect::<Vec<_>>())
            .filter(|r| r.iter().any(|c| !c.is_empty()))
            .collect();
        let read: Vec<Vec<String>> = sheet.rows.into_iter().map(|r| r.cells).collect();
        prop_assert_eq!(read, meant);
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), zip in any::<bool>()) {
        let bytes = if zip { [b"PK\x03\x04".as_slice(), &bytes].concat() } else { bytes };
        let _ = of(&bytes);
    }

    /// A flipped bit in a workbook is an error or the same rows or others, never a panic.
    #[test]
    fn broken_workbooks_are_no_panic(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = book(|b| {
            b.add_worksheet().write_column(0, 0, ["a", "1", "2"]).unwrap();
        });
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let _ = of(&bytes);
    }
}
