"""What we say when a table from outside is wrong: key -> (English, 简体中文), worded as in ``fault_sentences``."""

_FILES = {
    "file_empty": ("The file is empty.", "文件是空的。"),
    "file_no_rows": ("The file has headers and no rows.", "文件只有表头，没有数据行。"),
    "file_kind": (
        "This is neither CSV nor an Excel workbook (.xlsx). Save it as one of the two.",
        "文件既不是 CSV 也不是 Excel 工作簿（.xlsx），请另存为其中一种。",
    ),
    "file_named_wrongly": (
        "The content is a workbook or an archive and the name says otherwise. If it is a workbook, name it .xlsx.",
        "文件内容是工作簿或压缩包，与扩展名不符。如果是工作簿，请把扩展名改为 .xlsx。",
    ),
    "file_old_excel": (
        "This is an old Excel file (.xls). Save it as .xlsx or CSV.",
        "这是旧版 Excel 文件（.xls），请另存为 .xlsx 或 CSV。",
    ),
    "file_macro": (
        "The workbook holds macros. Save it as .xlsx without macros.",
        "工作簿带有宏，请另存为不含宏的 .xlsx。",
    ),
    "file_encrypted": (
        "The workbook is protected by a password. Remove the password and save it again.",
        "工作簿设有密码，请取消密码后重新保存。",
    ),
    "file_bomb": (
        "The workbook would take more than {limit} MB unpacked, or is packed too tightly to be honest. Save it as CSV.",
        "工作簿解压后超过 {limit} MB，或压缩比异常，请另存为 CSV。",
    ),
    "file_nested": ("The workbook holds another file inside. Remove it.", "工作簿里嵌有其他文件，请删除后重新保存。"),
    "file_doctype": (
        "The workbook holds a document type declaration, which no Excel writes. Save it again with Excel.",
        "工作簿里有文档类型声明（DOCTYPE），不是 Excel 正常生成的内容，请用 Excel 重新保存。",
    ),
    "file_unsafe_member": (
        "The workbook holds a part whose name leads out of it. Save it again with Excel.",
        "工作簿里有路径异常的内容，请用 Excel 重新保存。",
    ),
    "file_no_workbook": (
        "The file is an archive without a workbook in it. Choose the .xlsx file itself.",
        "压缩包里没有工作簿，请选择 .xlsx 文件本身。",
    ),
    "file_broken": (
        "The workbook is damaged or cut off. Save or upload it again.",
        "工作簿已损坏或不完整，请重新保存或上传。",
    ),
    "file_broken.part": (
        "A part of the workbook cannot be read. Open it with Excel and save it again.",
        "工作簿的部分内容无法读取，请用 Excel 打开后重新保存。",
    ),
    "file_too_big": (
        "The file has {size} MB; at most {limit} MB are taken. Split it.",
        "文件有 {size} MB，最多 {limit} MB，请拆分。",
    ),
    "file_too_many_rows": (
        "The file has {count} rows; at most {limit} are taken at once. Split it.",
        "文件有 {count} 行，一次最多 {limit} 行，请拆分。",
    ),
    "file_too_many_columns": (
        "The file has {count} columns; at most {limit} are taken.",
        "文件有 {count} 列，最多 {limit} 列。",
    ),
    "file_scattered": (
        "A stray cell at {column}{row} stretches the sheet over millions of empty cells. Delete it.",
        "{column}{row} 处有零散的单元格，使工作表多出上百万个空格子，请删除。",
    ),
    "file_merged": (
        "The sheet has more than {limit} merged cells. Undo the merging.",
        "工作表的合并单元格超过 {limit} 个，请取消合并。",
    ),
    "file_sheets": (
        "Several sheets have rows. Say which one: {sheets}.",
        "多个工作表有数据，请指定其中一个：{sheets}。",
    ),
    "file_no_sheet": (
        "There is no sheet {sheet} with rows. The workbook has: {sheets}.",
        "没有名为「{sheet}」且有数据的工作表，可选：{sheets}。",
    ),
    "file_encoding": (
        "The text cannot be read at byte {position}. Save the file as UTF-8.",
        "第 {position} 字节处的文字无法识别，请把文件另存为 UTF-8。",
    ),
    "file_encoding.mixed": (
        "The file mixes UTF-8 and GBK; it changes at the line that begins at byte {position}. Save it as UTF-8.",
        "文件混用了 UTF-8 和 GBK，从第 {position} 字节开始的那一行起不一致，请另存为 UTF-8。",
    ),
    "file_encoding.chosen": (
        "Line {line} is not {encoding}. Choose another encoding.",
        "第 {line} 行不是 {encoding} 编码，请换一种编码。",
    ),
    "file_quote": (
        "The quotes in the record that begins on line {line} are wrong. Inside quotes, write each quote twice.",
        "从第 {line} 行开始的记录引号有误。引号里面的引号应写成两个。",
    ),
    "file_quote.open": (
        "The quote opened in the record that begins on line {line} is never closed.",
        "从第 {line} 行开始的记录里，引号没有结束。",
    ),
    "header_missing": (
        "The column {field} is missing. The first row must name the columns.",
        "缺少「{field}」列，第一行应是表头。",
    ),
    "header_duplicate": (
        "The column {field} comes twice (again in column {column}). Remove one.",
        "「{field}」列重复出现（第 {column} 列），请删去一列。",
    ),
}

_ROWS = {
    "row_short": (
        "The row has {count} cells, the header has {wanted}. Fill in the missing ones.",
        "本行有 {count} 格，表头有 {wanted} 格，请补齐。",
    ),
    "row_long": (
        "The row has {count} cells, the header has {wanted}. Quote cells that hold the separator.",
        "本行有 {count} 格，表头有 {wanted} 格，含分隔符的内容请加引号。",
    ),
    "row_total": ("This is a line of totals, not a record.", "这是合计行，不是数据。"),
    "cell_error": (
        "{field} holds the spreadsheet error {error}. Replace it with a value.",
        "「{field}」是表格错误 {error}，请改成实际内容。",
    ),
    "cell_boolean": (
        "{field} holds TRUE or FALSE, which the spreadsheet made of something else. Set the column to text.",
        "「{field}」变成了 TRUE 或 FALSE，请把该列设为文本后重新填写。",
    ),
    "cell_merged": (
        "{field} lies under a merged cell. Undo the merging and fill in every row.",
        "「{field}」被合并单元格覆盖，请取消合并并逐行填写。",
    ),
    "cell_formula": (
        "{field} holds a formula that was never calculated. Paste it as a value.",
        "「{field}」是没有计算结果的公式，请粘贴为数值。",
    ),
    "cell_json": ("{field} must be a JSON object.", "「{field}」应是 JSON 对象。"),
    "digits_lost": (
        "{field} has lost digits in the spreadsheet. Set the column to text and fill it in again.",
        "「{field}」的数字在表格里已丢失，请把该列设为文本后重新填写。",
    ),
    "time_invalid.cell": (
        "{field} is not a time such as 2026-03-05 15:05.",
        "「{field}」不是时间，请写成 2026-03-05 15:05。",
    ),
    "time_ambiguous": (
        "{field} may be day/month or month/day. Say which comes first.",
        "「{field}」分不清日和月的先后，请指定顺序。",
    ),
}

_NOTICES = {
    "notice_unknown_header": (
        "The column {field} is not known and is left out. Map it to a column if it is needed.",
        "不认识「{field}」列，不会导入。需要时请指定对应的列。",
    ),
    "notice_hidden_rows": ("{count} hidden rows are imported, too.", "有 {count} 个隐藏行，也会导入。"),
    "notice_mojibake": (
        "Some texts look garbled: the file was probably saved twice in different encodings. Look before you import.",
        "有些文字像是乱码，文件可能用不同编码保存过两次，请核对后再导入。",
    ),
}

TABLE_SENTENCES: dict[str, tuple[str, str]] = {**_FILES, **_ROWS, **_NOTICES}
