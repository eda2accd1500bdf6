"""Names that tell of a person, in every writing upstream uses, and names that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.identity_fields import identity_path, names_person, shown
from agents.lenient import depth_of, fields, text_of

IDENTITY = """
reporter_name caller_phone contactPhone contact_phone phone phoneNumber phonenumber mobileNo telNo tel1
id_card idCardNo IDCardNumber idcardno id_no identityNumber openid openId wechat wxid qq qqNumber email
e-mail author author_id authorName nickname nick_name user_id userId userid username account accountNo
url link post_url postLink address home_address addr caller callerName complainant petitioner_name
owner_name staff_id handler created_by person_in_charge passport plate_no bankCard bank_card_no
residentName name full_name realName contact xm sfzh sfzhm lxdh sjhm lxr dizhi shenfenzheng
姓名 电话 身份证号 联系电话 投诉人 来电人姓名 手机号码 聯繫電話 住址 微信号 QQ号 账号 网格员 车牌号 作者ID 链接 当事人
ｐｈｏｎｅ ph\u200bone CALLER-PHONE contact.phone
"""
HARMLESS = """
county_name township_name village_name grid_code case_id owner_org by note priority remark content
staff_count caller_count phone_count people_band contacted_at linked_case authority authorised_at
event_type department_name callback version location 企业名称 区县名称 类别 处理状态 投诉人数 电话数量 诉求内容
"""


@pytest.mark.parametrize("name", IDENTITY.split())
def test_identity_names(name: str) -> None:
    assert names_person(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_harmless_names(name: str) -> None:
    assert not names_person(name)


@given(st.binary(max_size=200))
def test_lenient_reading_never_fails(raw: bytes) -> None:
    text = text_of(raw)
    list(fields(text))
    depth_of(raw)
    assert isinstance(identity_path(text), str)
    assert len(shown(text)) <= 32
