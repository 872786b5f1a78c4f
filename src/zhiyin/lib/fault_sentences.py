"""What we say when something from outside is wrong: key -> (English, 简体中文).

Fact first, then the way out. ``{field}`` is the field, the parameter or the column; a value is never repeated, since it
could be somebody's name or number. What follows a dot in the key picks the sentence, the code is what stands before it.
"""

from zhiyin.lib.fault_sentences_composites import COMPOSITE_SENTENCES
from zhiyin.lib.fault_sentences_tables import TABLE_SENTENCES

_BODY = {
    "body_too_large": (
        "The body is larger than {limit} bytes. Send it in several parts.",
        "请求体超过 {limit} 字节，请分几次提交。",
    ),
    "batch_too_large": (
        "The list has {count} entries; at most {limit} are taken at once. Send it in several parts.",
        "列表有 {count} 条，一次最多 {limit} 条，请分几次提交。",
    ),
    "json_invalid.empty": ("The body is empty. Send JSON.", "请求体是空的，请提交 JSON。"),
    "json_invalid.encoding": (
        "The body is not UTF-8 at byte {position}. Send JSON in UTF-8.",
        "第 {position} 字节处不是 UTF-8，请用 UTF-8 编码提交 JSON。",
    ),
    "json_invalid.syntax": ("The body is not JSON at byte {position}.", "第 {position} 字节处不符合 JSON 格式。"),
    "json_invalid.truncated": (
        "The JSON breaks off at byte {position}. Check that the whole body was sent.",
        "JSON 在第 {position} 字节处中断，请检查是否完整发送。",
    ),
    "json_invalid.trailing": (
        "Something follows the end of the JSON at byte {position}. Send one value.",
        "JSON 已经结束，第 {position} 字节处还有多余内容，请只提交一个值。",
    ),
    "json_invalid.control": (
        "A raw control character stands inside a text at byte {position}. Write it as an escape.",
        "第 {position} 字节处的文字里有未转义的控制字符，请改用转义写法。",
    ),
    "json_invalid.duplicate_key": (
        "A key comes twice in one object at byte {position}. Keep one of them.",
        "第 {position} 字节处的键在同一个对象里出现了两次，请只保留一个。",
    ),
    "json_invalid.constant": (
        "NaN and Infinity are not JSON (byte {position}). Leave the value out or send null.",
        "JSON 不允许 NaN 和 Infinity（第 {position} 字节），请省略或改为 null。",
    ),
    "json_invalid.number": (
        "The number at byte {position} is too big to hold.",
        "第 {position} 字节处的数字过大，无法保存。",
    ),
    "json_invalid.depth": (
        "The JSON is nested deeper than {limit} levels at byte {position}.",
        "JSON 在第 {position} 字节处嵌套超过 {limit} 层。",
    ),
    "json_invalid.unsafe_text": (
        "The text at byte {position} holds NUL or half of a character pair, which cannot be stored.",
        "第 {position} 字节处的文字含有 NUL 或不完整的字符，无法保存。",
    ),
    "json_invalid.empty_list": (
        "The list is empty (byte {position}). Send at least one entry.",
        "列表是空的（第 {position} 字节），请至少提交一条。",
    ),
    "json_invalid.object": (
        "The body must be one JSON object (byte {position}).",
        "请求体应是一个 JSON 对象（第 {position} 字节）。",
    ),
    "json_invalid.object_or_list": (
        "The body must be a JSON object or a list of them (byte {position}).",
        "请求体应是 JSON 对象或对象的列表（第 {position} 字节）。",
    ),
}

_FIELDS = {
    "missing": ("{field} is missing.", "缺少「{field}」。"),
    "blank": (
        "{field} has nothing that can be read. Fill it in or leave it out.",
        "「{field}」没有可见的内容，请填写或省略。",
    ),
    "unknown_field": ("{field} is not a field of this record.", "没有「{field}」这个字段。"),
    "unknown_field.near": (
        "{field} is not a field of this record. Did you mean {near}?",
        "没有「{field}」这个字段，是不是「{near}」？",
    ),
    "type.body": ("Each record must be a JSON object.", "每条记录应是一个 JSON 对象。"),
    "type.object": ("{field} must be an object.", "「{field}」应是对象。"),
    "type.list": ("{field} must be a list.", "「{field}」应是列表。"),
    "type.text": ("{field} must be a text.", "「{field}」应是文字。"),
    "type.int": ("{field} must be a whole number.", "「{field}」应是整数。"),
    "type.number": ("{field} must be a number.", "「{field}」应是数字。"),
    "type.bool": ("{field} must be true or false.", "「{field}」应是 true 或 false。"),
    "type.time": (
        "{field} must be a time such as 2026-11-22T10:00:00+08:00.",
        "「{field}」应是时间，例如 2026-11-22T10:00:00+08:00。",
    ),
    "type.date": ("{field} must be a day such as 2026-11-22.", "「{field}」应是日期，例如 2026-11-22。"),
    "type.phone": ("{field} must be a phone number written as a text.", "「{field}」应是写成文字的电话号码。"),
    "text_too_long": (
        "{field} has {length} characters; at most {limit} are taken.",
        "「{field}」有 {length} 个字，最多 {limit} 个字。",
    ),
    "text_nul": (
        "{field} holds the character NUL (character {place}), which cannot be stored. Remove it.",
        "「{field}」第 {place} 个字符是 NUL，无法保存，请去掉。",
    ),
    "text_surrogate": (
        "{field} holds half of a character pair (character {place}), which cannot be stored. Send whole characters.",
        "「{field}」第 {place} 个字符不完整，无法保存，请发送完整的字符。",
    ),
    "text_control": (
        "{field} holds the control character {character} (character {place}). Remove it.",
        "「{field}」第 {place} 个字符是控制字符 {character}，请去掉。",
    ),
    "text_padded": (
        "{field} begins or ends with a space. An identifier has none there.",
        "「{field}」开头或结尾有空格，编号两端不能有空格。",
    ),
    "text_pattern": ("{field} does not have the form {pattern}.", "「{field}」不符合格式 {pattern}。"),
    "choice": ("{field} must be one of: {choices}.", "「{field}」只能是：{choices}。"),
    "choice.near": (
        "{field} must be one of: {choices}. Did you mean {near}?",
        "「{field}」只能是：{choices}。是不是 {near}？",
    ),
    "int_range": (
        "{field} must be a whole number from {low} to {high}.",
        "「{field}」应是 {low} 到 {high} 的整数。",
    ),
    "number_range": ("{field} must be from {low} to {high}.", "「{field}」应在 {low} 到 {high} 之间。"),
    "list_too_long": (
        "{field} has {count} entries; at most {limit} are taken.",
        "「{field}」有 {count} 项，最多 {limit} 项。",
    ),
    "object_too_big.depth": (
        "{field} is nested deeper than {limit} levels.",
        "「{field}」嵌套超过 {limit} 层。",
    ),
    "object_too_big.values": ("{field} holds more than {limit} values.", "「{field}」超过 {limit} 个值。"),
    "object_too_big.total": (
        "{field} holds more than {limit} characters in all.",
        "「{field}」合计超过 {limit} 个字。",
    ),
    "object_name_too_long": (
        "{field} holds a name of more than {limit} characters.",
        "「{field}」里有超过 {limit} 个字的名称。",
    ),
    "email_invalid": (
        "{field} must be one e-mail address, such as name@example.com.",
        "「{field}」应是一个电子邮件地址，例如 name@example.com。",
    ),
}

_TIMES = {
    "time_no_offset": (
        "{field} needs a time with an offset, such as 2026-11-22T10:00:00+08:00.",
        "「{field}」缺少时间或时区，请写成 2026-11-22T10:00:00+08:00。",
    ),
    "time_invalid": (
        "{field} is not a time such as 2026-11-22T10:00:00+08:00.",
        "「{field}」不是时间，请写成 2026-11-22T10:00:00+08:00。",
    ),
    "time_invalid.number": (
        "{field} must be a written time, not a count of seconds: 2026-11-22T10:00:00+08:00.",
        "「{field}」应写成时间，不要用秒数：2026-11-22T10:00:00+08:00。",
    ),
    "time_invalid.calendar": (
        "{field} names a day or an hour that does not exist.",
        "「{field}」的日期或时刻不存在。",
    ),
    "time_invalid.day": ("{field} is not a day such as 2026-11-22.", "「{field}」不是日期，请写成 2026-11-22。"),
    "time_year": (
        "{field} must lie in the years {first} to {last}.",
        "「{field}」应在 {first} 年到 {last} 年之间。",
    ),
    "time_order": ("{field} is earlier than {first}.", "「{field}」早于「{first}」。"),
    "time_future": (
        "{field} lies more than {minutes} minutes in the future. Check the sender's clock.",
        "「{field}」晚于现在 {minutes} 分钟以上，请检查发送方的时钟。",
    ),
}

_PHONES = {
    "phone_invalid": (
        "{field} is not a phone number that exists.",
        "「{field}」不是有效的电话号码。",
    ),
    "phone_letters": ("{field} has letters among the digits.", "「{field}」的号码里夹有文字。"),
    "phone_length": (
        "{field} has {length} digits; a mobile number has 11.",
        "「{field}」有 {length} 位，手机号应为 11 位。",
    ),
    "phone_area_code": (
        "{field} lacks the area code. Write it as 010-12345678.",
        "「{field}」缺少区号，请写成 010-12345678。",
    ),
    "phone_leading_zero": (
        "{field} has lost its leading zero. Set the column to text and fill it in again.",
        "「{field}」开头的 0 丢失，请把该列设为文本后重新填写。",
    ),
    "phone_digits_lost": (
        "{field} has lost digits (1.38E+10). Set the column to text and fill it in again.",
        "「{field}」的数字已丢失（如 1.38E+10），请把该列设为文本后重新填写。",
    ),
}

_QUERIES = {
    "query_unknown": (
        "{field} is not a parameter of this call. It knows: {allowed}.",
        "没有「{field}」这个参数，可用的有：{allowed}。",
    ),
    "query_unknown.none": ("This call takes no parameters.", "此接口不接受参数。"),
    "query_duplicate": ("{field} is given more than once.", "「{field}」重复出现，请只写一次。"),
    "query_encoding": ("The query string is not UTF-8.", "查询参数不是 UTF-8 编码。"),
    "query_too_long": ("The query string has more than {limit} characters.", "查询参数超过 {limit} 个字符。"),
    "query_too_many": ("The query string has more than {limit} parameters.", "查询参数超过 {limit} 个。"),
}

_FORMULAS = {
    "formula_invalid.length": (
        "The formula is longer than {limit} characters. Name parts of it as measures of their own.",
        "公式超过 {limit} 个字符，请把其中一部分另立为指标。",
    ),
    "formula_invalid.depth": (
        "The formula is nested deeper than {limit} levels at character {position}.",
        "公式在第 {position} 个字符处嵌套超过 {limit} 层。",
    ),
    "formula_invalid.sign": (
        "A formula has no such sign as the one at character {position}. It takes numbers, measures, + - * / ( ), min "
        "and max.",
        "第 {position} 个字符不能用在公式里，可用的有：数字、指标、+ - * / ( )、min、max。",
    ),
    "formula_invalid.value": (
        "At character {position} of the formula a number, a measure or a parenthesis is missing.",
        "公式第 {position} 个字符处缺少数字、指标或括号。",
    ),
    "formula_invalid.missing": (
        "At character {position} of the formula “{sign}” is missing.",
        "公式第 {position} 个字符处缺少“{sign}”。",
    ),
    "formula_invalid.trailing": (
        "The formula is complete before character {position}. Put an operator there or remove the rest.",
        "公式在第 {position} 个字符之前已经完整，请补上运算符或删去其余部分。",
    ),
    "formula_invalid.name": (
        "There is no measure “{name}” (character {position} of the formula).",
        "没有“{name}”这个指标（公式第 {position} 个字符处）。",
    ),
}

SENTENCES: dict[str, tuple[str, str]] = {
    **_BODY,
    **_FIELDS,
    **_TIMES,
    **_PHONES,
    **_QUERIES,
    **_FORMULAS,
    **TABLE_SENTENCES,
    **COMPOSITE_SENTENCES,
}
