"""Which files hold networks that enlarge pictures: told from their keys, before torch is there.

The engine loads them with spandrel, which tells an architecture by keys that must all be there. For
each of its ways to tell one, a single key of it is listed here, the most telling; so a file that
spandrel knows is never refused, and one that has none of the keys is known by no architecture.
"""

from __future__ import annotations

from collections.abc import Collection

from storyboard.models.header import Header

_MARKS = frozenset(
    {
        "body.1.weight",  # RealESRGAN Compact
        "model.1.sub.0.RDB1.conv1.0.weight",  # ESRGAN, as first published
        "model.1.sub.0.RDB1.conv1x1.weight",  # ESRGAN+
        "body.0.rdb1.conv1.weight",  # RealESRGAN
        "RRDB_trunk.0.RDB1.conv1.weight",  # BSRGAN, RealSR
        "model.14.weight",  # DnCNN
        "model.6.running_mean",  # DnCNN with batch norms
        "layers.0.residual_group.blocks.0.attn.relative_position_index",  # SwinIR, Swin2SR
        "layers.0.residual_group.blocks.0.conv_block.cab.3.attention.3.weight",  # HAT
        "layers.0.residual_group.layers.0.convffn.dwconv.depthwise_conv.0.weight",  # ATD
        "layers.0.residual_group.hf_blocks.0.attn.temperature",  # CRAFT
        "layers.0.blocks.0.attn.attns.0.relative_position_index",  # DAT, RGT
        "layers.0.swin1.attn.relative_position_bias_table",  # DRCT
        "layers.0.blocks.0.attn.stripe_attn.attn_transform1.logit_scale",  # GRL
        "model.layers.0.blocks.0.attn.stripe_attn.attn_transform1.logit_scale",
        "model_g.layers.0.blocks.0.attn.stripe_attn.attn_transform1.logit_scale",
        "block_1.c3_r.eval_conv.weight",  # SPAN
        "feats.1.channe_mixer.0.weight",  # PLKSR, in its authors' spelling
        "feats.1.channel_mixer.0.weight",
        "feats.0.safm.mfr.3.weight",  # SAFMN
        "feats.0.layers.0.safm.mfr.3.weight",  # SAFMN BCIE
        "initial.cnn.depthwise.weight",  # SwiftSRGAN
        "residual_layer.0.residual_layer.0.layer.0.fn.0.weight",  # OmniSR
        "m_tail.0.weight",  # SCUNet
        "m_down3.0.res.0.weight",  # DRUNet
        "m_body_encoder.0.res.0.weight",  # FBCNN
        "decoderlayer_2.blocks.0.norm1.weight",  # Uformer
        "decoders.0.0.attgamma",  # KBNet
        "encoder_level3.0.ffn.project_out.weight",
        "UFONE.0.ITLs.0.ffn.project_out.weight",  # DITN
        "de_net.body.0.0.conv1.weight",  # MMRealSR
        "unet2.conv3.seblock.conv1.weight",  # RealCUGAN
        "B6.body.1.transformer_body.0.blocks.0.attn.local.pointwise_prenorm_1.weight",  # DCTLSA
        "encoder_level1.0.ffn.project_out.weight",  # FFTformer
        "middle_blks.0.norm2.weight",  # NAFNet
        "layer1.blocks.0.norm2.running_mean",  # MixDehazeNet
        "body.decoder.layers.0.multihead_attn.out_proj.weight",  # IPT
        "body.0.denoiser.encoder_layers.0.0.blocks.0.0.pos_emb.0.weight",  # RetinexFormer
        "HV_LCA1.gdfn.project_out.weight",  # HVI-CIDNet
        "body.0.local_block.block.moe_layer.experts.0.conv_3.weight",  # SeemoRe
        "gblocks.1.conv.weight",  # MoSR
        "blocks.0.blocks.0.conv.dwconv_hw.weight",  # MoESR
        "body.0.body.0.body.3.conv_du.0.weight",  # RCAN
        "groups.0.blocks.0.inter.cg.1.weight",  # FDAT
        "final_res_block.block1.proj.weights",  # AuraSR
    }
)
_WRAPPINGS = ("module.", "netG.")
_MOST_LAYERS = 1000


def is_upscaler(keys: Collection[str]) -> bool:
    """Whether a file with these keys may be a network that makes pictures of pictures."""
    return not _MARKS.isdisjoint(_unwrapped(keys))


def upscaler_problems(header: Header) -> list[str]:
    """Why a file that is taken for an upscaler is none, as a sentence whose subject it is."""
    keys = header.tensors.keys()
    if not is_upscaler(keys):
        return [
            "is no upscaler of a known architecture (known are those of spandrel that make a "
            "picture from a picture, such as ESRGAN, Compact, SPAN, SwinIR, HAT, DAT)"
        ]
    # Networks are built as deep as the keys say before the weights are looked at.
    if any(_is_beyond(part) for key in keys for part in key.split(".")):
        return [f"has a layer of a number beyond {_MOST_LAYERS}: it is damaged, or meant to harm"]
    return []


def _unwrapped(keys: Collection[str]) -> Collection[str]:
    """The keys without what training frameworks put before all of them."""
    for wrapping in _WRAPPINGS:
        if keys and all(key.startswith(wrapping) for key in keys):
            keys = [key.removeprefix(wrapping) for key in keys]
    return keys


def _is_beyond(part: str) -> bool:
    return part.isdecimal() and (len(part) > 4 or int(part) > _MOST_LAYERS)
